// Runs behind the page's own script: uses the page as a person would, and leaves what it
// saw to the page around it, for the test to read.
"use strict";

(async () => {
  const seen = { errors: [], charts: [], downloads: {} };
  window.addEventListener("error", (event) => seen.errors.push(event.message));
  window.addEventListener("unhandledrejection", (event) => seen.errors.push(String(event.reason)));

  // Plotly finishes its drawings later; the browser's virtual time costs nothing.
  await new Promise((resolve) => setTimeout(resolve, 5000));

  for (const plot of document.querySelectorAll(".plot")) {
    seen.charts.push({
      id: plot.id,
      width: plot.getBoundingClientRect().width,
      marks: plot.querySelectorAll(".bars .point path, .scatterlayer .points path").length,
      // Plotly keeps the trace at its first point.
      traces: plot.calcdata.map((points) => {
        const { name, x, y } = points[0].trace;
        return { name, points: points.map((point, i) => [x[point.i ?? i], y[point.i ?? i]]) };
      }),
    });
  }

  const rows = () => [...document.getElementById("all-series").tBodies[0].rows];
  seen.series = rows().map((row) => ({
    index: Number(row.dataset.series),
    figures: [...row.cells].slice(-3).map((cell) => Number(cell.dataset.value)),
  }));
  seen.fastest = document.querySelectorAll("#answer .fastest").length;

  const median = document.getElementById("all-series").tHead.rows[0].cells[7].querySelector("button");
  const medians = () => rows().map((row) => Number(row.cells[7].dataset.value));
  median.click();
  seen.ascending = medians();
  median.click();
  seen.descending = medians();

  const filter = document.getElementById("filter");
  filter.value = "sign 0x0001";
  filter.dispatchEvent(new Event("input"));
  seen.filtered = rows().filter((row) => !row.hidden).map((row) => row.cells[0].textContent);

  const blobs = [];
  URL.createObjectURL = (blob) => { blobs.push(blob); return "data:,"; };
  document.getElementById("save-json").click();
  document.getElementById("save-csv").click();
  [seen.downloads.json, seen.downloads.csv] = await Promise.all(blobs.map((blob) => blob.text()));

  const ground = () => getComputedStyle(document.body).backgroundColor;
  const before = ground();
  document.getElementById("theme").click();
  seen.grounds = [before, ground()];
  seen.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  seen.requests = performance.getEntriesByType("resource").map((entry) => entry.name);

  parent.postMessage(JSON.stringify(seen), "*");
})();
