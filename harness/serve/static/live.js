// The runs as the server tells of them. Text is only ever set as text.
"use strict";
(function () {
  const element = window.parityElement;
  const runs = document.getElementById("runs");
  if (!runs) return;
  const TONES = { done: "good", running: "unsure", stopped: "unsure", silent: "bad", unreadable: "bad" };
  const cards = new Map();

  function number(value, digits) {
    if (value === null || value === undefined) return "–";
    return value.toLocaleString("en", { maximumFractionDigits: digits === undefined ? 0 : digits });
  }

  function duration(seconds) {
    if (seconds === null || seconds === undefined) return "–";
    const minutes = Math.round(seconds / 60);
    if (minutes < 1) return "less than a minute";
    return minutes < 90 ? minutes + " min" : (minutes / 60).toFixed(1) + " h";
  }

  function when(seconds) {
    if (seconds === null || seconds === undefined) return element("span", "–");
    const text = new Date(seconds * 1000).toISOString();
    return element("time", text.slice(0, 19).replace("T", " "), { datetime: text });
  }

  // The word and its colour: a divergence counts at once, the rest when the run has ended.
  function verdict(run) {
    if (run.divergent > run.waived) return ["DIVERGENCE", "bad"];
    if (run.state === "done") return [run.word, run.exit_code === 0 ? "good" : "bad"];
    return [run.state, TONES[run.state] || "unsure"];
  }

  function figures(run) {
    const bound = run.bound === null || run.bound === undefined ? "–" : number(100 * run.bound, 4) + " %";
    return [
      ["Cases", number(run.cases) + " of " + number(run.planned)],
      ["Steps", number(run.steps)],
      ["Divergent", number(run.divergent) + (run.waived ? ", " + number(run.waived) + " waived" : "")],
      ["Excused", number(run.excused)],
      ["Bound", bound],
      ["Pace", run.rate === null ? "–" : number(run.rate, 1) + " cases/s"],
      ["Left", duration(run.left_sec)],
      ["Against", (run.candidates || []).join(", ") || "–"],
      ["Seed", run.seed === undefined ? "–" : String(run.seed)],
    ];
  }

  function list(run) {
    const made = element("dl");
    for (const [name, value] of figures(run)) {
      const line = element("div");
      line.append(element("dt", name), element("dd", value));
      made.append(line);
    }
    for (const [name, value] of [["Begun", run.started_at], ["Last batch", run.last_at], ["Ended", run.ended_at]]) {
      const line = element("div"), place = element("dd");
      place.append(when(value));
      line.append(element("dt", name), place);
      made.append(line);
    }
    return made;
  }

  function finds(run) {
    const box = element("div", undefined, { class: "scroll", role: "region", "aria-label": "Finds of " + run.id, tabindex: "0" });
    const table = element("table"), head = element("tr"), body = element("tbody");
    for (const name of ["Fingerprint", "Port", "Place", "Kind", "Cases", "First"]) head.append(element("th", name, { scope: "col" }));
    for (const find of run.finds) {
      const row = element("tr");
      row.append(element("th", find.fingerprint + (find.waived ? " (waived)" : ""), { scope: "row" }));
      for (const text of [find.port, find.path, find.kind, number(find.count), number(find.first_index)]) row.append(element("td", text));
      body.append(row);
    }
    const top = element("thead");
    top.append(head);
    table.append(top, body);
    box.append(table);
    return box;
  }

  function fillCard(card, run) {
    const [word, tone] = verdict(run);
    const title = element("h2", run.subject + " ");
    title.append(element("span", word, { class: "badge " + tone }));
    const share = run.planned ? run.cases / run.planned : 0;
    const bar = element("progress", undefined, { max: "1", value: String(share), "aria-label": "Cases looked at" });
    card.replaceChildren(title, element("p", "run " + run.id + ", " + number(100 * share, 1) + " % done"), bar);
    if (run.unreadable) card.append(element("p", "Cannot be read: " + run.unreadable, { class: "alarm" }));
    if (run.state === "silent") card.append(element("p", "No batch for a long time: it hangs, or was killed.", { class: "alarm" }));
    card.append(list(run));
    for (const gap of run.state === "done" ? run.gaps || [] : []) card.append(element("p", gap, { class: "alarm" }));
    if (run.finds.length) card.append(finds(run));
    if (run.finds_count > run.finds.length) card.append(element("p", "and " + number(run.finds_count - run.finds.length) + " more"));
    if (run.state === "stopped" || run.state === "silent") {
      card.append(element("p", "To go on:"), element("pre", "parity fuzz --resume " + run.id, { class: "command" }));
    }
  }

  function fillShadow(shadow) {
    const card = element("section", undefined, { class: "card", id: "shadow-" + shadow.subject });
    const title = element("h2", "Shadow of the " + shadow.subject + " ");
    card.append(title);
    if (shadow.error) {
      title.append(element("span", "unreadable", { class: "badge bad" }));
      card.append(element("p", shadow.error, { class: "alarm" }));
      return card;
    }
    title.append(element("span", shadow.verdict, { class: "badge " + (shadow.exit_code === 1 ? "bad" : shadow.verdict === "CLEAN" ? "good" : "unsure") }));
    const lines = element("dl");
    const rows = [
      ["Covered", number(shadow.covered_hours, 2) + " h"],
      ["Coverage", number(100 * shadow.coverage, 2) + " %"],
      ["Compared", number(shadow.compared) + " of " + number(shadow.seen) + " calls"],
      ["Divergent", number(shadow.high) + " of high severity, " + number(shadow.low) + " of low"],
      ["Dropped", number(shadow.dropped)],
      ["Failures", number(shadow.failures)],
      ["Answers without sense", number(shadow.senseless)],
      ["Gaps", number(shadow.gaps)],
      ["Finds kept", number(shadow.finds)],
    ];
    for (const [name, value] of rows) {
      const line = element("div");
      line.append(element("dt", name), element("dd", value));
      lines.append(line);
    }
    card.append(lines);
    if (shadow.damaged_lines) card.append(element("p", "not read: " + number(shadow.damaged_lines) + " damaged lines", { class: "alarm" }));
    for (const sentence of shadow.unread) card.append(element("p", "not read: " + sentence, { class: "alarm" }));
    card.append(element("pre", "parity shadow report --subject " + shadow.subject, { class: "command" }));
    return card;
  }

  function fillBackend(backend) {
    const card = element("section", undefined, { class: "card", id: "backend-" + backend.subject });
    const title = element("h2", "Backend of the " + backend.subject + " ");
    title.append(element("span", backend.answered || "cannot be told", { class: "badge " + (backend.error ? "bad" : backend.answered === "python" ? "unsure" : "good") }));
    card.append(title);
    if (backend.error) card.append(element("p", backend.error, { class: "alarm" }));
    for (const line of backend.said || []) card.append(element("p", line, { class: "alarm" }));
    return card;
  }

  // A list of cards that is drawn anew only where it says something else.
  function showCards(id, found, fill) {
    const place = document.getElementById(id);
    const said = JSON.stringify(found);
    if (place.said === said) return;
    place.said = said;
    place.replaceChildren(...found.map(fill));
  }

  function link(word, tone) {
    const place = document.getElementById("link");
    place.textContent = word;
    place.className = "badge " + tone;
  }

  function show(status) {
    const going = (status.runs || []).filter((run) => run.state === "running").length;
    const said = status.error || (going === 0 ? "Nothing is running." : going === 1 ? "One run is going on." : going + " runs are going on.");
    const place = document.getElementById("sentence");
    if (place.textContent !== said) place.textContent = said;
    link(status.error ? "ledger cannot be read" : "live", status.error ? "bad" : "good");
    if (status.error) return;
    showCards("shadows", status.shadows || [], fillShadow);
    showCards("backends", status.backends || [], fillBackend);
    document.getElementById("none").hidden = status.runs.length > 0;
    const ordered = status.runs.map((run) => {
      const card = cards.get(run.id) || element("section", undefined, { class: "card", id: "run-" + run.id });
      const said = JSON.stringify(run);
      if (card.said !== said) fillCard(card, run);
      card.said = said;
      cards.set(run.id, card);
      return card;
    });
    // Moving what is in its place already would take the keyboard's focus away.
    if (ordered.some((card, place) => runs.children[place] !== card) || runs.children.length !== ordered.length) runs.replaceChildren(...ordered);
  }

  const source = new EventSource("events");
  source.addEventListener("status", (event) => show(JSON.parse(event.data)));
  source.onerror = () => link(source.readyState === EventSource.CLOSED ? "not connected; load this page again" : "connection lost, trying again", "bad");
})();
