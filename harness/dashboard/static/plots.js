// Draws the figures of a page when they come into view, in the colours of the page; a click on a point leads to its record.
"use strict";
(function () {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Set();

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function faint(hex) {
    return hex + "38";
  }

  function figureOf(place) {
    const figure = JSON.parse(document.getElementById(place.dataset.plot).textContent);
    for (const trace of figure.data) {
      const meta = trace.meta || {};
      const hue = colour("--hue-" + (meta.hue || 0) % 6);
      trace.line = Object.assign({ color: hue }, trace.line);
      trace.marker = Object.assign({ color: hue }, trace.marker);
      if (meta.band) trace.fillcolor = faint(hue);
    }
    const axis = { gridcolor: colour("--rule"), zerolinecolor: colour("--rule"), linecolor: colour("--rule") };
    const layout = Object.assign({}, figure.layout, {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: colour("--text"), size: 12 },
      margin: { l: 10, r: 10, t: 10, b: 10 },
      legend: { orientation: "h", y: -0.2 },
      hoverlabel: { bgcolor: colour("--card"), font: { color: colour("--text") } },
      dragmode: false,
    });
    for (const name of ["xaxis", "yaxis"]) layout[name] = Object.assign({}, axis, layout[name]);
    return { data: figure.data, layout: layout };
  }

  function draw(place) {
    const figure = figureOf(place);
    window.Plotly.react(place, figure.data, figure.layout, { displayModeBar: false, responsive: true });
    if (!drawn.has(place)) {
      drawn.add(place);
      place.on("plotly_click", function (event) {
        const ident = event.points[0] && event.points[0].customdata;
        if (ident) window.location.href = "evidence.html#" + encodeURIComponent(ident);
      });
    }
  }

  // One figure at a time, so that the first is there soon and the page stays awake.
  const waiting = [];

  function drawNext() {
    const place = waiting.shift();
    if (!place) return;
    draw(place);
    setTimeout(drawNext);
  }

  const seen = new IntersectionObserver(
    function (entries) {
      for (const entry of entries) {
        if (entry.isIntersecting) {
          seen.unobserve(entry.target);
          waiting.push(entry.target);
          if (waiting.length === 1) setTimeout(drawNext);
        }
      }
    },
    { rootMargin: "300px" }
  );
  // The library is large: the page is there to be read before it is loaded.
  window.addEventListener("load", function () {
    const library = document.createElement("script");
    library.src = "plotly.min.js";
    library.onload = function () {
      for (const place of document.querySelectorAll(".canvas")) seen.observe(place);
    };
    if (document.querySelector(".canvas")) document.head.append(library);
  });
  dark.addEventListener("change", function () {
    drawn.forEach(draw);
  });
})();
