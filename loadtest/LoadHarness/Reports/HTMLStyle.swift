/// How a report looks. Colours are told apart in both schemes, and by people who see fewer of them.
enum HTMLStyle {
    static let text = """
        :root { --paper: #fbfaf7; --sheet: #ffffff; --ink: #1d2327; --soft: #667077; --rule: #e3e1da;
          --a: #0b6e4f; --b: #b8651b; --c: #8a93a0; --d: #4a5fc1; --e: #b3263a; }
        @media (prefers-color-scheme: dark) {
          :root { --paper: #14181a; --sheet: #1b2124; --ink: #e6e9ea; --soft: #93a0a6; --rule: #2e373b;
            --a: #4fc79a; --b: #eda35c; --c: #7c8894; --d: #8fa2ff; --e: #ff7c8a; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 15px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
        main { max-width: 860px; margin: 0 auto; padding: 40px 20px 64px; }
        h1 { margin: 0 0 4px; font-size: 30px; line-height: 1.2; letter-spacing: -0.01em; }
        h2 { margin: 40px 0 10px; font-size: 17px; }
        header p { margin: 2px 0; }
        .kind { color: var(--a); font-weight: 600; letter-spacing: 0.04em; }
        .where { color: var(--soft); font-size: 13.5px; }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(125px, 1fr)); gap: 10px; margin: 26px 0; }
        .card { background: var(--sheet); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 14px; }
        .card b { display: block; font-size: 21px; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .card span { color: var(--soft); font-size: 12.5px; }
        figure { margin: 14px 0; background: var(--sheet); border: 1px solid var(--rule); border-radius: 10px;
          padding: 14px 14px 6px; }
        figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 18px; font-weight: 600;
          margin: 0 4px 8px; }
        .legend { display: flex; gap: 16px; font-weight: 400; font-size: 13px; color: var(--soft); }
        .legend i { display: inline-block; width: 18px; margin-right: 6px; vertical-align: middle;
          border-top: 2.5px solid; }
        .legend i.dashed { border-top-style: dashed; }
        i.a { color: var(--a); } i.b { color: var(--b); } i.c { color: var(--c); } i.d { color: var(--d); }
        i.e { color: var(--e); }
        svg { display: block; width: 100%; height: auto; }
        svg .grid { stroke: var(--rule); } svg .mark { stroke: var(--soft); }
        svg .tick { fill: var(--soft); font-size: 12px; } svg .axis { fill: var(--soft); font-size: 12px; }
        svg polyline { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
        svg .dashed { stroke-dasharray: 5 5; stroke-width: 1.8; }
        svg .a { stroke: var(--a); } svg .b { stroke: var(--b); } svg .c { stroke: var(--c); stroke-width: 1.4; }
        svg .d { stroke: var(--d); } svg .e { stroke: var(--e); }
        svg .area { stroke: none; opacity: 0.14; } svg .area.a { fill: var(--a); } svg .area.b { fill: var(--b); }
        .wide { overflow-x: auto; background: var(--sheet); border: 1px solid var(--rule); border-radius: 10px;
          padding: 4px 12px; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; white-space: nowrap; }
        th, td { padding: 7px 8px; text-align: right; font-weight: 400; border-bottom: 1px solid var(--rule); }
        th:first-child { text-align: left; font-weight: 600; } thead th { color: var(--soft); font-size: 13px; }
        tbody tr:last-child > * { border-bottom: none; }
        code { background: var(--sheet); border: 1px solid var(--rule); border-radius: 4px; padding: 0 4px; }
        li { margin: 4px 0; }
        """
}
