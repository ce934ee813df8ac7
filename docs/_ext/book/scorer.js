/* What Sphinx's search adds up, and the share of the words looked for that are in the title. */
var Scorer = {
  score: ([, title, , , score]) => {
    const stemmer = new Stemmer();
    const words = text => splitQuery(text.toLowerCase()).map(word => stemmer.stemWord(word));
    const query = words(new URLSearchParams(location.search).get("q") || "");
    const found = new Set(words(title));
    return score + 30 * query.filter(word => found.has(word)).length / query.length;
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: {0: 15, 1: 5, 2: -5},
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
