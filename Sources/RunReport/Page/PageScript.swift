/// The page's script: the read-out under the pointer, hiding runs, choosing the colour of tokens. Without it everything is there
/// to be seen but the numbers of single points.
///
/// Content from runs reaches the document through `textContent` only.
enum PageScript {
    static let text: StaticString = #"""
        "use strict";
        (() => {
          const readout = document.getElementById("readout");
          const hidden = new Set();
          const svgName = "http://www.w3.org/2000/svg";

          function make(name, text, className) {
            const element = document.createElement(name);
            if (text !== undefined) element.textContent = text;
            if (className) element.className = className;
            return element;
          }

          // As NumberFormat.short.
          function short(value) {
            if (value === null || !Number.isFinite(value)) return "–";
            const size = Math.abs(value), sign = value < 0 ? "−" : "";
            if (size === 0) return "0";
            if (size < 1e-3) return sign + size.toExponential(2).replace("-", "−").replace("+", "");
            for (const [limit, unit, letter] of [[1e4, 1, ""], [1e6, 1e3, "k"], [1e9, 1e6, "M"], [Infinity, 1e9, "G"]])
              if (size < limit) return sign + String(Number((size / unit).toPrecision(5))) + letter;
          }

          function written(value, axis) {
            if (value === null || value === undefined) return "–";
            return short(value / axis.f) + (axis.u ? " " + axis.u : "");
          }

          function place(value, axis) {
            const [low, high] = axis.d, [start, end] = axis.r;
            const share = axis.k === "linear" ? (value - low) / (high - low) : Math.log(value / low) / Math.log(high / low);
            return start + Math.min(Math.max(share, 0), 1) * (end - start);
          }

          function nearest(values, target) {
            let low = 0, high = values.length - 1;
            while (low < high) {
              const middle = (low + high) >> 1;
              if (values[middle] < target) low = middle + 1; else high = middle;
            }
            return low > 0 && target - values[low - 1] < values[low] - target ? low - 1 : low;
          }

          function show(x, y) {
            readout.hidden = false;
            const box = readout.getBoundingClientRect();
            const left = x + 16 + box.width > innerWidth ? x - box.width - 16 : x + 16;
            readout.style.left = Math.max(4, left) + "px";
            readout.style.top = Math.max(4, Math.min(y + 14, innerHeight - box.height - 6)) + "px";
          }

          function row(className, name, text) {
            const line = make("div");
            if (className) line.append(make("span", "", "swatch " + className));
            line.append(make("span", name), make("span", text));
            return line;
          }

          function connect(svg, data) {
            const cursor = svg.querySelector(".cursor"), dots = svg.querySelector(".dots");
            let at = null;
            const seen = () => data.s.filter((one) => one.x.length > 0 && !hidden.has(one.r));

            function point(value, clientX, clientY) {
              const series = seen();
              if (series.length === 0) return leave();
              const guide = series[0].x[nearest(series[0].x, value)];
              at = guide;
              const where = place(guide, data.x);
              cursor.setAttribute("x1", where);
              cursor.setAttribute("x2", where);
              svg.classList.add("active");
              dots.replaceChildren();
              const heading = data.x.q === "time" ? written(guide, data.x) : data.x.u + " " + short(guide);
              readout.replaceChildren(make("b", heading));
              let sum = 0;
              for (const one of data.stacked ? [...series].reverse() : series) {
                const index = nearest(one.x, guide), number = one.y[index];
                sum += number || 0;
                const trend = one.t && one.t[index] !== null ? "  (mean " + written(one.t[index], data.y) + ")" : "";
                readout.append(row(one.c, one.n, written(number, data.y) + trend));
                if (data.stacked || number === null || (data.y.k !== "linear" && number <= 0)) continue;
                const dot = document.createElementNS(svgName, "circle");
                dot.setAttribute("class", one.c);
                dot.setAttribute("cx", place(one.x[index], data.x));
                dot.setAttribute("cy", place(number, data.y));
                dot.setAttribute("r", 4);
                dots.append(dot);
              }
              if (data.stacked && series.length > 1) readout.append(row("", "together", written(sum, data.y)));
              show(clientX, clientY);
            }

            function leave() {
              svg.classList.remove("active");
              dots.replaceChildren();
              readout.hidden = true;
              at = null;
            }

            svg.addEventListener("pointermove", (event) => {
              const box = svg.getBoundingClientRect();
              const [start, end] = data.x.r, [low, high] = data.x.d;
              const pixel = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
              point(low + (pixel - start) / (end - start) * (high - low), event.clientX, event.clientY);
            });
            svg.addEventListener("pointerleave", leave);
            svg.addEventListener("blur", leave);
            svg.addEventListener("keydown", (event) => {
              const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key], series = seen();
              if (!step || series.length === 0) return;
              event.preventDefault();
              const x = series[0].x, index = at === null ? 0 : nearest(x, at) + step;
              const value = x[Math.min(Math.max(index, 0), x.length - 1)], box = svg.getBoundingClientRect();
              point(value, box.left + place(value, data.x) / svg.viewBox.baseVal.width * box.width, box.top + box.height / 3);
            });
          }

          for (const svg of document.querySelectorAll("svg.chart")) {
            const block = svg.nextElementSibling;
            if (!block || block.type !== "application/json") continue;
            const data = JSON.parse(block.textContent);
            if (data.s) connect(svg, data);
          }

          for (const box of document.querySelectorAll("input[data-run]"))
            box.addEventListener("change", () => {
              const run = Number(box.dataset.run);
              if (box.checked) hidden.delete(run); else hidden.add(run);
              for (const element of document.querySelectorAll(".run-" + run)) element.classList.toggle("gone", !box.checked);
            });

          for (const choice of document.querySelectorAll("input[name=colour]"))
            choice.addEventListener("change", () => { document.body.dataset.colour = choice.value; });

          for (const response of document.querySelectorAll(".response")) {
            response.addEventListener("pointerover", (event) => {
              const token = event.target.closest("[data-t]");
              if (!token) return;
              const [id, sampler, old, current, entropy] = token.dataset.t.split("|");
              const gap = Number(sampler) - Number(old);
              readout.replaceChildren(
                make("b", "token " + id), row("", "log μ", sampler), row("", "log π_old", old), row("", "log π_θ", current),
                row("", "gap log μ − log π_old", short(gap)), row("", "entropy, nats", entropy));
              show(event.clientX, event.clientY);
            });
            response.addEventListener("pointerleave", () => { readout.hidden = true; });
          }
        })();
        """#
}
