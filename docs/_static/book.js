/* A table that is too wide for the page gets smaller letters; if that is not enough, each row
   becomes a list, in which each cell says whose column it is. */
const label = table => {
  const heads = [...table.querySelectorAll("thead th")].map(head => head.textContent.trim());
  for (const row of table.querySelectorAll("tbody tr"))
    [...row.cells].forEach((cell, at) => { if (at && heads[at]) cell.dataset.label = heads[at]; });
};
const fit = () => {
  for (const around of document.querySelectorAll("article .table-wrapper")) {
    const table = around.querySelector("table");
    table.classList.remove("tight", "stacked");
    for (const look of ["tight", "stacked"])
      if (around.scrollWidth > around.clientWidth) {
        if (look === "stacked") label(table);
        table.classList.add(look);
      }
  }
};
/* What scrolls sideways must be reachable by keyboard. */
const reach = () => {
  for (const element of document.querySelectorAll("article .table-wrapper, article pre")) {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }
};
for (const event of ["load", "resize", "change"])
  window.addEventListener(event, () => { fit(); reach(); });
