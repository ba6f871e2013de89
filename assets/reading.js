// What is being read in the security panel stays where it is when the panel is shown anew and has grown above it. (The
// browser keeps only what is below a card in its place: inside, every element is a new one.)

const CLOSE = 1; // px that nobody sees

let read = null; // the heading nearest to the top of the window: { element, words, top }

const headings = () => [...document.querySelectorAll(".cw-security h3")];
const top = (element) => element.getBoundingClientRect().top;

function note() {
  const panel = document.querySelector(".cw-security");
  const element = panel && top(panel) < 0 && meant(panel) && headings().find((one) => top(one) >= 0 && top(one) < innerHeight);
  read = element ? { element, words: element.textContent, top: top(element) } : null;
}

// Beside it may be something else to read, and that would move.
function meant(panel) {
  const columns = [...document.querySelectorAll(".cw-columns > .cw-column")];
  return columns.every((one) => one.contains(panel) || one.getBoundingClientRect().bottom <= 0) || panel.matches(":hover");
}

function keep() {
  if (!read || read.element.isConnected) return;
  const there = headings().find((one) => one.textContent === read.words);
  const moved = there ? top(there) - read.top : 0;
  if (Math.abs(moved) > CLOSE) scrollBy(0, moved);
  note();
}

export function keepReading() {
  addEventListener("scroll", note, { passive: true });
  document.addEventListener("pointerover", note, { passive: true });
  new MutationObserver(keep).observe(document.body, { subtree: true, childList: true });
}
