/* What scrolls sideways must be reachable by keyboard. */
const reach = () => {
  for (const element of document.querySelectorAll("article .table-wrapper, article pre")) {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }
};
window.addEventListener("load", reach);
window.addEventListener("resize", reach);
