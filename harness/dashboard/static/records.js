// The list of the records: filters, pages, and the record that the address names. Text is only ever set as text.
"use strict";
(function () {
  const element = window.parityElement;
  const list = window.parityRecords;
  if (!list || !document.getElementById("records")) return;
  const PAGE = 100;
  const TONES = ["good", "bad", "unsure"];
  const [ID, ENDED, KIND, SUBJECT, VERDICT, COMMAND, TONE, SEED] = [0, 1, 2, 3, 4, 5, 6, 7];
  const body = document.querySelector("#records tbody");
  const article = document.getElementById("record");
  const form = document.getElementById("filter");
  const field = (name) => document.getElementById(name);
  const places = new Map(list.rows.map((row, place) => [row[ID], place]));
  const searched = list.rows.map((row) => words(row).join(" ").toLowerCase());
  let shown = [];
  let page = 0;
  let chosen = null;
  window.parityDetails = [];

  function words(row) {
    const [kind, subject] = [list.kinds[row[KIND]], list.subjects[row[SUBJECT]]];
    return [row[ID], row[ENDED], kind, subject, list.verdicts[row[VERDICT]], list.commands[row[COMMAND]], row[SEED]];
  }

  function badge(word, tone) {
    return element("span", word, { class: "badge " + TONES[tone] });
  }

  function rowOf(place) {
    const row = list.rows[place];
    const [, ended, kind, subject, verdict, command] = words(row);
    const line = element("tr", undefined, place === chosen ? { class: "chosen", "aria-current": "true" } : {});
    const head = element("th", undefined, { scope: "row" });
    head.append(element("a", row[ID], { href: "#" + encodeURIComponent(row[ID]) }));
    const word = element("td");
    word.append(badge(verdict, row[TONE]));
    const code = element("td");
    code.append(element("code", command));
    const end = element("td");
    end.append(element("time", ended, { datetime: ended.replace(" ", "T") + "Z" }));
    line.append(head, word, element("td", kind), element("td", subject || "–"), end, code);
    return line;
  }

  function render() {
    const pages = Math.max(1, Math.ceil(shown.length / PAGE));
    page = Math.min(page, pages - 1);
    body.replaceChildren(...shown.slice(page * PAGE, (page + 1) * PAGE).map(rowOf));
    field("count").textContent = shown.length + " of " + list.rows.length + (list.rows.length === 1 ? " record" : " records");
    field("place").textContent = "page " + (page + 1) + " of " + pages;
    field("pager").hidden = pages === 1;
    field("newer").disabled = page === 0;
    field("older").disabled = page === pages - 1;
  }

  function filter() {
    const text = field("text").value.trim().toLowerCase().split(/\s+/);
    const wanted = [["kind", KIND, list.kinds], ["subject", SUBJECT, list.subjects], ["verdict", VERDICT, list.verdicts]]
      .filter(([name]) => field(name).value)
      .map(([name, column, table]) => [column, table.indexOf(field(name).value)]);
    shown = [];
    list.rows.forEach(function (row, place) {
      const kept = wanted.every(([column, index]) => row[column] === index);
      if (kept && text.every((word) => searched[place].includes(word))) shown.push(place);
    });
    page = 0;
    render();
  }

  function options(name, table) {
    for (const word of [...table].filter(Boolean).sort()) field(name).append(element("option", word, { value: word }));
    const asked = new URLSearchParams(window.location.search).get(name);
    if (asked && table.includes(asked)) field(name).value = asked;
  }

  function table(title, rows) {
    const box = element("div", undefined, { class: "scroll", role: "region", tabindex: "0", "aria-label": title });
    const made = element("table");
    made.append(element("caption", title));
    const lines = element("tbody");
    for (const [name, ...values] of rows) {
      const line = element("tr");
      line.append(element("th", name, { scope: "row" }), ...values.map((value) => element("td", value)));
      lines.append(line);
    }
    made.append(lines);
    box.append(made);
    return box;
  }

  function show(place, details) {
    const row = list.rows[place];
    const [, , kind, subject, verdict, command, seed] = words(row);
    const head = element("h2", row[ID] + ": " + kind + (subject ? " about " + subject : "") + " ", { id: "record-name" });
    head.append(badge(verdict, row[TONE]));
    const facts = element("dl");
    for (const [name, value] of [["command", command], ["seed", seed || "none"], ...details.facts]) {
      const fact = element("div");
      fact.append(element("dt", name), element("dd", value));
      facts.append(fact);
    }
    const parts = details.faults.map((fault) => element("p", fault, { class: "alarm" }));
    for (const [title, rows] of [["Figures", details.figures], ["Samples", details.samples], ["Digests", details.digests]]) {
      if (rows && rows.length) parts.push(table(title, rows));
    }
    const close = element("p");
    close.append(element("a", "Back to the list", { href: "#main" }));
    article.replaceChildren(head, facts, ...parts, element("pre", details.text), close);
  }

  function load(chunk, then) {
    if (window.parityDetails[chunk]) return then(window.parityDetails[chunk]);
    const script = element("script", undefined, { src: "data/records-" + chunk + ".js" });
    script.onload = () => then(window.parityDetails[chunk]);
    document.head.append(script);
  }

  function named() {
    try {
      return decodeURIComponent(window.location.hash.slice(1));
    } catch (error) {
      return "";
    }
  }

  function follow() {
    const place = places.get(named());
    if (place === undefined) {
      chosen = null;
      article.hidden = true;
      render();
      return;
    }
    chosen = place;
    if (!shown.includes(place)) {
      for (const name of ["kind", "subject", "verdict", "text"]) field(name).value = "";
      filter();
    }
    page = Math.floor(shown.indexOf(place) / PAGE);
    render();
    load(Math.floor(place / list.chunk), function (details) {
      if (chosen !== place) return;
      show(place, details[place % list.chunk]);
      article.hidden = false;
      article.scrollIntoView();
      article.focus({ preventScroll: true });
    });
  }

  options("kind", list.kinds);
  options("subject", list.subjects);
  options("verdict", list.verdicts);
  for (const name of ["input", "change"]) form.addEventListener(name, filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  field("newer").addEventListener("click", function () { page -= 1; render(); });
  field("older").addEventListener("click", function () { page += 1; render(); });
  window.addEventListener("hashchange", follow);
  filter();
  follow();
})();
