/// The page's style. Colours are safe for the colour-blind: the categories follow Okabe and Ito, darker on light ground and lighter
/// on dark ground so that a line has a contrast of 3 : 1; the ordered levels are the middle of the plasma scale.
enum StyleSheet {
    static let text: StaticString = """
        :root {
          color-scheme: light dark;
          --ground: #ffffff; --panel: #f8f9fb; --ink: #1a1f26; --muted: #5a6472; --line: #d8dde4; --grid: #e9ecf0;
          --accent: #0b63a5; --good: #0b7a53; --bad: #b4380a;
          --c0: #0072b2; --c1: #d55e00; --c2: #00895f; --c3: #a3478a; --c4: #a87400; --c5: #3a8fc2; --c6: #6d5bd0; --c7: #59636f;
          --q0: #2b1a94; --q1: #5c12a6; --q2: #8b1ba8; --q3: #b5367a; --q4: #d4566a; --q5: #e87a45; --q6: #e9a122;
          --warm: 224, 100, 0; --cool: 0, 100, 190; --violet: 124, 58, 200;
        }
        @media screen and (prefers-color-scheme: dark) {
          :root {
            --ground: #12161c; --panel: #1a2028; --ink: #e6e9ee; --muted: #9aa5b3; --line: #323b47; --grid: #262e38;
            --accent: #6cb8f0; --good: #4fc79a; --bad: #ff9166;
            --c0: #58b4ea; --c1: #f5863c; --c2: #2fc795; --c3: #e391c8; --c4: #eec04a; --c5: #9fd3f5; --c6: #b3a4ff; --c7: #aab4c0;
            --q0: #7a6ff0; --q1: #9a5fe6; --q2: #bb58d6; --q3: #dc5fa8; --q4: #f0777a; --q5: #fa9a55; --q6: #fbcd4b;
            --warm: 255, 140, 40; --cool: 70, 160, 255; --violet: 176, 120, 255;
          }
        }
        * { box-sizing: border-box; }
        html { scroll-padding-top: 7.5rem; }
        body {
          margin: 0; background: var(--ground); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
          font-variant-numeric: tabular-nums;
        }
        h1 { font-size: 1.45rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
        h2 { font-size: 1.3rem; line-height: 1.25; margin: 0 0 .2rem; }
        h3 { font-size: .95rem; line-height: 1.3; font-weight: 600; margin: 0; }
        sub { font-size: .72em; line-height: 0; }
        h3.part { margin: 1.6rem 0 .7rem; font-size: 1.05rem; }
        p { margin: 0; }
        code, .token, .prompt { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .88em; }
        main, .top { padding-inline: max(1.25rem, calc((100vw - 1320px) / 2)); }
        .top {
          position: sticky; top: 0; z-index: 2; background: var(--ground); border-bottom: 1px solid var(--line);
          padding-block: .8rem .6rem; display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: baseline;
        }
        .title { margin-right: auto; }
        .title p, .lead, .note, .from, .where { color: var(--muted); }
        .title p, .note, .from { font-size: .8rem; }
        nav { display: flex; flex-wrap: wrap; gap: .1rem 1rem; font-size: .87rem; }
        nav a { color: var(--accent); text-decoration: none; }
        nav a:hover, nav a:focus-visible { text-decoration: underline; }
        .runs { flex-basis: 100%; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; font-size: .87rem; }
        .runs label, .modes label { display: inline-flex; align-items: center; gap: .4rem; cursor: pointer; }
        .name { display: inline-flex; align-items: center; gap: .45rem; overflow-wrap: anywhere; }
        .swatch { flex: none; display: inline-block; width: .8em; height: .8em; border-radius: .2em; background: var(--c); }
        section { padding-block: 2rem .4rem; }
        .lead { max-width: 46rem; margin-bottom: 1rem; }
        .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 370px), 1fr)); gap: 1rem; }
        figure, .card, .sample { margin: 0; background: var(--panel); border: 1px solid var(--line); border-radius: .6rem; }
        figure { padding: .75rem .8rem .55rem; min-width: 0; }
        figcaption { display: flex; flex-wrap: wrap; gap: 0 .6rem; align-items: baseline; margin-bottom: .15rem; }
        svg.chart { display: block; width: 100%; height: auto; touch-action: pan-y; border-radius: .3rem; }
        svg.chart:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        .chart text { fill: var(--muted); font-size: 12px; font-family: inherit; }
        .chart .unit { font-size: 11.5px; font-style: italic; }
        .grid line { stroke: var(--grid); } .axis line { stroke: var(--line); }
        .guide { stroke: var(--muted); stroke-dasharray: 2 4; }
        .event line { stroke: var(--muted); stroke-dasharray: 5 3; opacity: .7; }
        .cursor { stroke: var(--muted); visibility: hidden; } .active .cursor { visibility: visible; }
        .dots circle { fill: var(--c); stroke: var(--panel); stroke-width: 1.5; }
        .series path { fill: none; stroke: var(--c); stroke-linejoin: round; stroke-linecap: round; }
        .series .line { stroke-width: 2.2; } .series .raw { stroke-width: 1.1; opacity: .34; }
        .series .band { fill: var(--c); stroke: none; opacity: .16; }
        .c4 .line, .c6 .line { stroke-dasharray: 7 5; } .c5 .line, .c7 .line { stroke-dasharray: 1.5 4.5; }
        .stack path { fill: var(--c); stroke: var(--panel); stroke-width: .7; } .bars rect { fill: var(--c); }
        .key { list-style: none; margin: .4rem 0 .2rem; padding: 0; display: flex; flex-wrap: wrap; gap: .15rem .9rem; font-size: .8rem; color: var(--muted); }
        .key li { display: inline-flex; align-items: center; gap: .4rem; }
        .c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
        .c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); } .c7 { --c: var(--c7); }
        .q0 { --c: var(--q0); } .q1 { --c: var(--q1); } .q2 { --c: var(--q2); } .q3 { --c: var(--q3); }
        .q4 { --c: var(--q4); } .q5 { --c: var(--q5); } .q6 { --c: var(--q6); }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 1rem; }
        .card { padding: 1rem 1.1rem; }
        .card header, .sample header { display: flex; flex-wrap: wrap; gap: .2rem 1rem; align-items: baseline; justify-content: space-between; }
        .card h3 { font-size: 1.1rem; }
        .state { font-size: .8rem; color: var(--muted); border: 1px solid var(--line); border-radius: 1rem; padding: .05rem .6rem; }
        .tiles { display: flex; flex-wrap: wrap; gap: .8rem 2.2rem; margin: .8rem 0; }
        .tile { display: flex; flex-direction: column; }
        .tile .label { font-size: .8rem; color: var(--muted); } .tile strong { font-size: 1.55rem; line-height: 1.2; font-weight: 650; }
        .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .35rem 1.2rem; margin: 0 0 .8rem; font-size: .87rem; }
        .facts dt { color: var(--muted); font-size: .8rem; } .facts dd { margin: 0; overflow-wrap: anywhere; }
        .checks { list-style: none; margin: 0; padding: .6rem 0 0; border-top: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; font-size: .85rem; }
        .mark { font-weight: 700; margin-right: .4rem; } .good .mark { color: var(--good); } .bad { color: var(--bad); }
        .remark { margin-top: .6rem; font-size: .85rem; color: var(--muted); }
        .scroll { overflow-x: auto; margin-bottom: 1.2rem; }
        table { border-collapse: collapse; font-size: .87rem; }
        th, td { padding: .32rem 1.6rem .32rem 0; border-bottom: 1px solid var(--grid); text-align: left; font-weight: 400; vertical-align: top; }
        thead th { color: var(--muted); border-bottom-color: var(--line); font-size: .82rem; }
        .counts td, .counts thead th + th { text-align: right; }
        td code { overflow-wrap: anywhere; }
        details > .key { margin-bottom: .7rem; }
        details { margin-top: 1.2rem; } summary { cursor: pointer; font-weight: 600; margin-bottom: .7rem; }
        .modes { border: 1px solid var(--line); border-radius: .6rem; padding: .5rem .9rem .6rem; margin: 0; display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; align-items: center; font-size: .87rem; }
        .modes legend { color: var(--muted); font-size: .8rem; padding-inline: .3rem; }
        .scale { display: none; color: var(--muted); margin-left: auto; gap: .25rem; align-items: center; flex-wrap: wrap; }
        .scale .token { padding-inline: .35rem; color: var(--ink); }
        [data-colour=gap] .for-gap, [data-colour=entropy] .for-entropy { display: inline-flex; }
        .samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 1rem; align-items: start; }
        .sample { padding: .8rem 1rem; min-width: 0; }
        .sample header { font-size: .82rem; } .sample footer { font-size: .8rem; color: var(--muted); }
        .verdict { font-weight: 650; } .verdict.correct { color: var(--good); } .verdict.wrong { color: var(--bad); }
        .prompt, .response { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; margin: .45rem 0; max-height: 24rem; overflow-y: auto; }
        .prompt { color: var(--muted); border-left: 2px solid var(--line); padding-left: .7rem; }
        .response { line-height: 1.75; }
        .token { border-radius: .18rem; padding-block: .14rem; unicode-bidi: isolate; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
        .token.id { margin-right: .35rem; padding-inline: .2rem; box-shadow: inset 0 0 0 1px var(--line); }
        .token.special { color: var(--muted); font-size: .78em; }
        .response .token:hover { outline: 1.5px solid var(--accent); }
        [data-colour=gap] .p1 { background: rgba(var(--warm), .14); } [data-colour=gap] .p2 { background: rgba(var(--warm), .3); }
        [data-colour=gap] .p3 { background: rgba(var(--warm), .5); } [data-colour=gap] .p4 { background: rgba(var(--warm), .75); }
        [data-colour=gap] .n1 { background: rgba(var(--cool), .14); } [data-colour=gap] .n2 { background: rgba(var(--cool), .3); }
        [data-colour=gap] .n3 { background: rgba(var(--cool), .48); } [data-colour=gap] .n4 { background: rgba(var(--cool), .7); }
        [data-colour=entropy] .h1 { background: rgba(var(--violet), .12); } [data-colour=entropy] .h2 { background: rgba(var(--violet), .25); }
        [data-colour=entropy] .h3 { background: rgba(var(--violet), .4); } [data-colour=entropy] .h4 { background: rgba(var(--violet), .56); }
        [data-colour=entropy] .h5 { background: rgba(var(--violet), .75); }
        #readout {
          position: fixed; z-index: 3; pointer-events: none; max-width: 22rem; padding: .45rem .65rem; font-size: .8rem; line-height: 1.45;
          background: var(--ground); color: var(--ink); border: 1px solid var(--line); border-radius: .4rem; box-shadow: 0 3px 14px rgba(0, 0, 0, .22);
        }
        #readout[hidden] { display: none; }
        #readout b { display: block; font-weight: 600; }
        #readout div { display: flex; gap: .45rem; align-items: center; } #readout div span:last-child { margin-left: auto; padding-left: 1rem; }
        .gone { display: none !important; }
        @media (max-width: 700px) {
          .top { position: static; }
          .facts { grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); }
        }
        @media print {
          .top { position: static; } nav, .runs, .modes label, #readout { display: none; }
          body { font-size: 11px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          .charts, .samples { grid-template-columns: repeat(2, 1fr); } figure, .card, .sample, tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
          .prompt, .response { max-height: none; }
        }
        """
}
