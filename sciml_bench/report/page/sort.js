"use strict";
// Tables can be sorted by a click on the title of a column, or by Enter or the space bar on it.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const titles = [...table.tHead.rows[0].cells];
  titles.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const ascending = heading.getAttribute("aria-sort") !== "ascending";
      const keyed = [...body.rows].map((row) => [row.cells[column].dataset.value ?? "", row]);
      const numeric = keyed.every(([value]) => value === "" || !Number.isNaN(Number(value)) || /^-?inf$/.test(value));
      const size = (value) => (value === "inf" ? Infinity : value === "-inf" ? -Infinity : Number(value));
      keyed.sort(([one], [other]) => {
        if (one === "" || other === "") return (one === "") - (other === "");
        const [a, b] = numeric ? [size(one), size(other)] : [one, other];
        const order = a === b ? 0 : numeric ? (a < b ? -1 : 1) : a.localeCompare(b);
        return ascending ? order : -order;
      });
      body.append(...keyed.map(([, row]) => row));
      titles.forEach((each) => each.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    });
  });
}
