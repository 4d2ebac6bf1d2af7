/// The stylesheet and the script of every page.
enum PageAssets {
    static let stylesheet = """
        :root { color-scheme: light dark; --bg: #fbfbfa; --fg: #1c1d1f; --dim: #6b6f76; --rule: #e1e2e4; --card: #fff;
          --warn: #8a5a00; --warnbg: #fff6e0;
          --s0: #2f6db3; --s1: #c7562e; --s2: #3d8b57; --s3: #7a5ea8; --s4: #b08a1e; --s5: #448a94; --s6: #a8457a; --s7: #61656d; }
        @media (prefers-color-scheme: dark) { :root { --bg: #16181b; --fg: #e4e6e9; --dim: #9aa0a8; --rule: #2f3338;
          --card: #1d2024; --warn: #f0c36b;
          --warnbg: #33290f; --s0: #6fa8e6; --s1: #ea8a63; --s2: #73c08c; --s3: #b29ade; --s4: #dcb955; --s5: #7cc3cd;
            --s6: #dd85b1; --s7: #a6abb3; } }
        * { box-sizing: border-box; } body { margin: 0; background: var(--bg); color: var(--fg); font: 15px/1.5 system-ui, sans-serif; }
        main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; } header h1 { margin: 0; font-size: 26px; } header p {
          margin: 2px 0 0; color: var(--dim); }
        h2 { font-size: 18px; margin: 40px 0 12px; padding-top: 14px; border-top: 1px solid var(--rule); } h3 { font-size: 15px;
          margin: 24px 0 6px; }
        .headline { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 12px; margin: 16px 0; }
        .headline div { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 14px; }
        .headline span, .headline small { display: block; color: var(--dim); font-size: 13px; }
        .headline strong { display: block; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 0 28px; margin: 8px 0; }
        .facts div { display: flex; justify-content: space-between; gap: 16px; border-bottom: 1px solid var(--rule); padding: 4px 0; }
        .facts dt { color: var(--dim); } .facts dd { margin: 0; text-align: right; overflow-wrap: anywhere;
          font-variant-numeric: tabular-nums; }
        .warnings { background: var(--warnbg); color: var(--warn); border-radius: 8px; padding: 10px 14px 10px 32px; }
        figure { margin: 20px 0; break-inside: avoid; } figcaption { font-weight: 600; margin-bottom: 4px; } figcaption small {
          color: var(--dim); font-weight: 400; }
        .key { float: right; font-weight: 400; font-size: 13px; margin-left: 14px; color: var(--c); } .key::before { content: "■ "; }
        .plot { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 8px; } .plot.live {
          height: 290px; }
        svg.figure { display: block; width: 100%; height: auto; } svg .grid { stroke: var(--rule); } svg .axis { fill: var(--dim);
          font-size: 11px; }
        svg .line { fill: none; stroke: var(--c); stroke-width: 1.3; } svg .band { fill: var(--c); opacity: .18; } svg .mark {
          fill: var(--c); }
        .s0 { --c: var(--s0); } .s1 { --c: var(--s1); } .s2 { --c: var(--s2); } .s3 { --c: var(--s3); } .s4 { --c: var(--s4); }
          .s5 { --c: var(--s5); }
        .s6 { --c: var(--s6); } .s7 { --c: var(--s7); } .note, .empty { color: var(--dim); font-size: 13px; margin: 6px 0 0; }
        .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 13px;
          font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: 3px 10px 3px 0; border-bottom: 1px solid var(--rule); white-space: nowrap; } th {
          color: var(--dim); font-weight: 500; }
        .n { text-align: right; } .pager { display: flex; gap: 8px; align-items: center; margin-top: 6px; font-size: 13px;
          color: var(--dim); }
        .pager button { font: inherit; color: var(--fg); background: var(--card); border: 1px solid var(--rule); border-radius: 5px;
          padding: 2px 10px; }
        .dygraph-legend { background: var(--card) !important; color: var(--fg); border: 1px solid var(--rule); border-radius: 5px;
          padding: 4px 8px; width: auto !important; }
        .dygraph-axis-label { color: var(--dim); font-size: 12px; } .dygraph-ylabel { color: var(--dim); font-size: 12px;
          font-weight: 400; }
        @media print { .plot.live { display: none; } .pager { display: none; } }
        """

    static let script = """
        (function () {
          'use strict';
          const style = getComputedStyle(document.documentElement), color = name => style.getPropertyValue(name).trim();
          const graphs = [];
          let moving = false;
          function draw(figure) {
            const spec = JSON.parse(figure.querySelector('script').textContent);
            if (!spec.rows.length || typeof Dygraph === 'undefined') return;
            const rows = spec.rows.map(row => [new Date(row[0])].concat(row.slice(1))), series = {};
            spec.names.forEach((name, i) => {
              series[name] = { color: color('--s' + i % 8) };
              if (spec.marks[i]) Object.assign(series[name], { strokeWidth: 0, drawPoints: true, pointSize: 3,
                connectSeparatedPoints: false });
            });
            const host = figure.querySelector('.plot'), still = host.firstElementChild;
            const plot = document.createElement('div');
            plot.style.height = '270px';
            host.replaceChildren(plot);
            host.classList.add('live');
            try {
              graphs.push(new Dygraph(plot, rows, {
                labels: ['time'].concat(spec.names), series: series, customBars: true, connectSeparatedPoints: true,
                  labelsUTC: true, legend: 'follow',
                fillAlpha: 0.18, gridLineColor: color('--rule'), axisLineColor: color('--rule'), highlightCircleSize: 4,
                  hideOverlayOnMouseOut: true,
                axes: { y: { axisLabelWidth: 76 } }, digitsAfterDecimal: 6, maxNumberWidth: 12,
                zoomCallback: function (from, to) { follow(this, from, to); }
              }));
            } catch (error) { host.classList.remove('live'); host.replaceChildren(still); }
          }
          function follow(source, from, to) {
            if (moving) return;
            moving = true;
            for (const graph of graphs) {
              if (graph === source) continue;
              const range = graph.xAxisExtremes();
              graph.updateOptions({ dateWindow: [Math.max(from, range[0]), Math.min(to, range[1])] });
            }
            moving = false;
          }
          function page(box) {
            const data = box.querySelector('script');
            if (!data) return;
            const rows = JSON.parse(data.textContent), size = 50, body = box.querySelector('tbody'),
              last = Math.ceil(rows.length / size) - 1;
            const numeric = Array.from(box.querySelectorAll('th')).map(cell => cell.className);
            const bar = document.createElement('div'), text = document.createElement('span');
            let at = 0;
            function show(index) {
              at = Math.max(0, Math.min(last, index));
              body.replaceChildren(...rows.slice(at * size, at * size + size).map(row => {
                const line = document.createElement('tr');
                row.forEach((value, column) => { const cell = document.createElement('td'); cell.className = numeric[column];
                  cell.textContent = value; line.append(cell); });
                return line;
              }));
              text.textContent = 'rows ' + (at * size + 1) + '–' + Math.min(rows.length, at * size + size) + ' of ' + rows.length;
            }
            [['first', () => 0], ['previous', () => at - 1], ['next', () => at + 1], ['last', () => last]].forEach(([name, target]) => {
              const button = document.createElement('button');
              button.textContent = name;
              button.onclick = () => show(target());
              bar.append(button);
            });
            bar.className = 'pager';
            bar.append(text);
            box.append(bar);
            show(0);
          }
          // A figure comes to life when it is near the screen: a page of many opens at once.
          const figures = document.querySelectorAll('figure.chart');
          if ('IntersectionObserver' in window) {
            const watch = new IntersectionObserver(entries => entries.forEach(entry => {
              if (entry.isIntersecting) { watch.unobserve(entry.target); draw(entry.target); }
            }), { rootMargin: '400px' });
            figures.forEach(figure => watch.observe(figure));
          } else { figures.forEach(draw); }
          document.querySelectorAll('.table').forEach(page);
        })();

        """
}
