// Cartwatch's storefront beacon: <script async src="https://CONSOLE/beacon.js" data-key="KEY"></script>
// Tells which cart this browser has, and that its shopper is still here. No cookies. Who asks not to be tracked is
// not, but can ask for more time. Whatever fails here, the shop's page goes on.
(() => {
  const BARE = { credentials: "omit", referrerPolicy: "no-referrer" };
  const calmly = (work) => async (...args) => {
    try {
      return await work(...args);
    } catch {
      return false;
    }
  };
  const script = document.currentScript;
  calmly(() => {
    const { key, renewSeconds, cartToken } = script.dataset;
    if (!key || window.cartwatch) return;
    const address = new URL(`beacon/${key}`, script.src);
    const every = Math.max(60, renewSeconds || 300) * 1000;
    const untracked = navigator.globalPrivacyControl || navigator.doNotTrack === "1";
    let given = cartToken; // by a shop that is not on Shopify
    let told = {}; // the cart told of in this tab, and when
    let active = false;

    const note = (token) => {
      told = { token, at: Date.now() };
      calmly(() => sessionStorage.setItem("cartwatch", JSON.stringify(told)))();
    };
    const cart = async () => {
      let token = given;
      if (token === undefined) {
        const found = await (await fetch(`${window.Shopify?.routes?.root || "/"}cart.js`)).json();
        token = found.item_count && found.token; // an empty cart has another token each time
      }
      return String(token || "").split("?")[0]; // what follows is the shopper's secret
    };
    const send = async (signal, token) => {
      const body = JSON.stringify({ cart_token: token, signal });
      return (await fetch(address, { method: "POST", body, keepalive: true, ...BARE })).ok;
    };

    const tell = async (token) => {
      if (token && token !== told.token && (await send("seen", token))) note(token);
    };
    const look = calmly(async () => untracked || tell(await cart()));
    const renew = calmly(async () => {
      if (document.hidden || !active || !told.token || Date.now() - told.at < every) return;
      active = false;
      note(told.token);
      const token = await cart();
      await (token === told.token ? send("renew", token) : tell(token));
    });
    const extend = calmly(async () => {
      const token = await cart();
      return !!token && send("extend", token);
    });

    window.cartwatch = { extend, cart: (token) => ((given = token), look()) };
    calmly(() => (told = JSON.parse(sessionStorage.getItem("cartwatch")) || {}))();
    for (const sign of ["pointerdown", "pointermove", "keydown", "scroll"])
      addEventListener(sign, () => (active = true), true);
    addEventListener("pageshow", (event) => event.persisted && look());
    if (!untracked) setInterval(renew, 5000);
    if (document.prerendering) document.addEventListener("prerenderingchange", look);
    else look();
    new PerformanceObserver((entries) => {
      if (entries.getEntries().some(({ name }) => /\/cart\/(add|change|update|clear)\b/.test(name))) look();
    }).observe({ type: "resource" });
  })();
})();
