// The strongest reason of a score, asked for once for each row and score, after the pointer or the focus has rested.

const REST = 150; // ms; passing over many rows asks for none of them
const MOST = 500; // answers that are kept

// `ask(id)` fetches one. The function returned tells the sentence for an element with data-reason, by a promise: null
// where there is none, or where `still()` says that nobody waits for it any more.
export function reasons(ask) {
  const known = new Map();
  return async (element, still) => {
    const { reason: id, score } = element.dataset;
    const key = `${id} ${score}`;
    if (known.has(key)) return known.get(key);
    await new Promise((done) => setTimeout(done, REST));
    if (!still()) return null;
    try {
      const sentence = await ask(id);
      known.set(key, sentence);
      if (known.size > MOST) known.delete(known.keys().next().value);
      return sentence;
    } catch {
      return null; // without the server there is nothing to say; the next look asks again
    }
  };
}
