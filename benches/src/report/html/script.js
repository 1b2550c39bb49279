"use strict";

const record = JSON.parse(document.getElementById("record").textContent);
const figures = JSON.parse(document.getElementById("figures").textContent);
const root = document.documentElement;
const narrow = window.matchMedia("(max-width: 40rem)");
const dark = window.matchMedia("(prefers-color-scheme: dark)");

// Charts: what Rust laid out, in the colours of the page.

function ground() {
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const axis = { gridcolor: colour("--line"), linecolor: colour("--line"), zerolinecolor: colour("--line") };
  return { axis, text: colour("--text"), soft: colour("--soft"), raised: colour("--raised") };
}

function layoutOf(figure) {
  const { axis, text, soft, raised } = ground();
  const layout = figure.layout;
  const withAxis = (own) => ({ ...own, ...axis, fixedrange: true, tickfont: { color: soft } });
  return {
    ...layout,
    xaxis: withAxis(layout.xaxis),
    yaxis: withAxis(layout.yaxis),
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: narrow.matches ? 11 : 12, color: text },
    hoverlabel: { bgcolor: raised, bordercolor: soft, font: { color: text } },
    margin: { l: 52, r: 12, t: 12, b: 40 },
    bargap: 0.22,
    bargroupgap: 0.06,
    autosize: true,
  };
}

function withWhiskers(trace) {
  return trace.error_y ? { ...trace, error_y: { ...trace.error_y, color: ground().text } } : trace;
}

function draw() {
  for (const { id, figure } of figures) {
    const options = { responsive: true, displayModeBar: false };
    Plotly.react(id, figure.data.map(withWhiskers), layoutOf(figure), options);
  }
}

// Light or dark: as the system has it, until the button says otherwise.

document.getElementById("theme").addEventListener("click", () => {
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
  root.dataset.theme = isDark ? "light" : "dark";
  draw();
});
dark.addEventListener("change", draw);
narrow.addEventListener("change", draw);

// Tables: by the figures behind the cells, or by their words.

function keyOf(row, column) {
  const cell = row.cells[column];
  const value = cell.dataset.value;
  return value === undefined ? cell.textContent : Number(value);
}

function compareKeys(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "number") return -1;
  if (typeof b === "number") return 1;
  return a.localeCompare(b, "en", { numeric: true });
}

function sortBy(table, column) {
  const heading = table.tHead.rows[0].cells[column];
  const ascending = heading.getAttribute("aria-sort") !== "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => compareKeys(keyOf(a, column), keyOf(b, column)) * (ascending ? 1 : -1));
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll("table")) {
  for (const heading of table.tHead.rows[0].cells) {
    heading.querySelector("button").addEventListener("click", () => sortBy(table, heading.cellIndex));
  }
}

document.getElementById("filter").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of document.getElementById("all-series").tBodies[0].rows) {
    const text = [...row.cells].map((cell) => cell.textContent.toLowerCase());
    row.hidden = !words.every((word) => text.some((cell) => cell.includes(word)));
  }
});

// Downloads: from the page itself.

function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function csv() {
  const table = document.getElementById("all-series");
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  const cells = (row) => [...row.cells].map((cell) => cell.dataset.value ?? quoted(cell.textContent));
  const rows = [...table.tHead.rows, ...table.tBodies[0].rows];
  return rows.map((row) => cells(row).join(",")).join("\r\n") + "\r\n";
}

const file = `mls-bench-${record.created.slice(0, 10)}`;
document.getElementById("save-json").addEventListener("click", () => {
  save(`${file}.json`, "application/json", JSON.stringify(record));
});
document.getElementById("save-csv").addEventListener("click", () => save(`${file}.csv`, "text/csv", csv()));

draw();
