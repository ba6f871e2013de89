// Whether the page still hears the server. NiceGUI reconnects by itself; the console says so in its own words.

export function followConnection(tell) {
  let socket = null;
  const attach = () => {
    if (!window.socket || window.socket === socket) return;
    socket = window.socket;
    socket.on("connect", () => tell(true));
    socket.on("disconnect", () => tell(false));
  };
  attach();
  const waiting = setInterval(() => {
    attach();
    if (socket) clearInterval(waiting);
  }, 200);
  window.addEventListener("offline", () => tell(false));
  window.addEventListener("online", () => socket?.connected && tell(true));
}
