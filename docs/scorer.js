// How the search orders what it finds. The words of an error are what people look for most.
// The pages for developers and the long lists have nearly every word somewhere, and come
// behind the guides.
var Scorer = {
  // Sphinx's own points for where a word is found.
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,

  // A result is [page, title, anchor, description, points, file, kind].
  score: (result) => {
    const points = {
      mistakes: 1,
      troubleshooting: 1,
      "_generated/api": -3,
      changes: -3,
      architecture: -4,
      compatibility: -4,
      performance: -4,
      adoption: -4,
    };
    return result[4] + (result[6] === "object" ? 0 : points[result[0]] || 0);
  },
};
