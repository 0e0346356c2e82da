(function () {
'use strict';
const root = document.documentElement;
root.dataset.errors = '0';
window.addEventListener('error', (e) => {
	root.dataset.errors = String(Number(root.dataset.errors) + 1);
	root.dataset.error = e.message;
});

const D = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);
const STATUS = {
	passed: ['✓', 'passed'], failed: ['✕', 'failed'], flaky: ['~', 'flaky'],
	error: ['!', 'error'], timeout: ['T', 'timed out'], skipped: ['–', 'skipped'],
};
const LETTER = { p: 'passed', f: 'failed', k: 'flaky', e: 'error', t: 'timeout', s: 'skipped' };
const BAD = ['failed', 'error', 'timeout', 'flaky'];
const isBad = (status) => BAD.includes(status);

/* --- elements. What comes from a guest or a file becomes text, never markup. ------------- */

function h(tag, attrs, ...children) {
	const el = document.createElement(tag);
	for (const [name, value] of Object.entries(attrs || {})) {
		if (name === 'class') el.className = value;
		else if (name.startsWith('on')) el.addEventListener(name.slice(2), value);
		else if (value !== null && value !== undefined && value !== false) el.setAttribute(name, value);
	}
	el.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== ''));
	return el;
}
const at = (el, style) => { Object.assign(el.style, style); return el; };
const pct = (x) => (100 * x).toFixed(3) + '%';
const status = (s, short) => h('span', { class: 's ' + s }, h('span', { class: 'sign', 'aria-hidden': 'true' }, STATUS[s][0]),
	short ? h('span', { class: 'wide-only' }, STATUS[s][1]) : STATUS[s][1]);
const many = (n, one, more) => `${count(n)} ${n === 1 ? one : more || one + 's'}`;
const count = (n) => (Math.abs(n) < 1e15 ? n.toLocaleString('en').replace(/,/g, '\u202f') : n.toExponential(2));
function span(s) {
	if (s >= 1e8) return s.toExponential(1) + '\u00a0s';
	if (s < 0.95) return Math.round(s * 1000) + '\u00a0ms';
	if (s < 60) return s.toFixed(s < 10 ? 1 : 0) + '\u00a0s';
	const m = Math.floor(s / 60);
	return m < 60 ? `${m}\u00a0min ${Math.floor(s % 60)}\u00a0s` : `${Math.floor(m / 60)}\u00a0h ${m % 60}\u00a0min`;
}
function micro(us) {
	const [v, unit] = us < 1000 ? [us, 'µs'] : us < 1e6 ? [us / 1000, 'ms'] : [us / 1e6, 's'];
	return (v < 9.95 ? v.toFixed(1) : String(Math.round(v))) + '\u00a0' + unit;
}
const when = (iso) => iso.replace('T', ' ').replace(/(:\d\d)?(\.\d+)?Z$/, ' UTC');

/* The first `step` of them, and a button for more. */
function paged(box, items, step, make) {
	let next = 0;
	const button = h('button', { class: 'button more', type: 'button', onclick: grow });
	function grow() {
		for (const end = Math.min(next + step, items.length); next < end; next++) box.append(make(items[next]));
		if (next < items.length) {
			button.textContent = `Show ${Math.min(step, items.length - next)} more of ${items.length - next}`;
			(box.tagName === 'TBODY' ? box.parentNode : box).after(button);
		} else button.remove();
	}
	grow();
	return button;
}

/* One stop for Tab; arrow keys go from square to square, up and down by where they are. */
function roving(box, selector) {
	const all = () => [...box.querySelectorAll(selector)];
	const first = all()[0];
	if (first) first.tabIndex = 0;
	box.addEventListener('focusin', (e) => {
		if (!e.target.matches(selector)) return;
		for (const el of box.querySelectorAll(selector + '[tabindex="0"]')) el.tabIndex = -1;
		e.target.tabIndex = 0;
	});
	box.addEventListener('keydown', (e) => {
		const list = all(), now = list.indexOf(e.target);
		if (now < 0) return;
		let to = null;
		if (e.key === 'ArrowRight') to = list[now + 1];
		else if (e.key === 'ArrowLeft') to = list[now - 1];
		else if (e.key === 'Home') to = list[0];
		else if (e.key === 'End') to = list[list.length - 1];
		else if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
			const me = e.target.getBoundingClientRect(), down = e.key === 'ArrowDown';
			let best = Infinity;
			for (const el of list) {
				const r = el.getBoundingClientRect();
				const dy = down ? r.top - me.top : me.top - r.top;
				const far = dy + 3 * Math.abs(r.left - me.left);
				if (dy > 4 && far < best) { best = far; to = el; }
			}
		} else return;
		e.preventDefault();
		if (to) to.focus();
	});
}

/* --- what is known of the runs ------------------------------------------------------------ */

const runs = D.runs;
const tally = {};
for (const s of Object.keys(STATUS)) tally[s] = 0;
const last = D.nights[D.nights.length - 1];
runs.forEach((run, i) => {
	run.i = i;
	tally[run.status]++;
	run.on = run.transport + (run.kernel ? ' ' + run.kernel : run.guest ? ' ' + run.guest : '');
	run.was = last ? LETTER[last.statuses[i]] : undefined;
	run.fresh = isBad(run.status) && run.was && !isBad(run.was);
});
const bad = runs.filter((r) => isBad(r.status)).sort((a, b) => BAD.indexOf(a.status) - BAD.indexOf(b.status) || a.i - b.i);
const counts = (v) => v.blame !== 'SPEC' && v.level.startsWith('MUST');

/* The first device is the run itself; those beside it have a life and registers of their own. */
const devices = (run) => [run, ...run.others];
const verdictsOf = (run, device) => run.verdicts.filter((v) => v.device === device);
const which = (run, device) => (run.others.length ? ` of device ${device}` : '');

/* A life a reset: [{from, to, ok, steps: [[cycle, text]]}]. */
function livesOf(run, device) {
	const flat = D.lives[devices(run)[device - 1].life], lives = [];
	let end = 0;
	for (let i = 0; i < flat.length; i += 2) {
		const cycle = flat[i], text = D.steps[flat[i + 1]];
		if (!lives.length || text === 'reset' || text === 'bus reset') {
			if (lives.length) lives[lives.length - 1].to = cycle;
			lives.push({ from: cycle, to: cycle, ok: null, steps: [] });
		}
		const life = lives[lives.length - 1];
		life.steps.push([cycle, text]);
		if (text === 'DRIVER_OK') life.ok = cycle;
		end = cycle;
	}
	for (const v of verdictsOf(run, device)) end = Math.max(end, v.cycle);
	if (lives.length) lives[lives.length - 1].to = Math.max(end, lives[lives.length - 1].to);
	return { lives, end: Math.max(end, 1) };
}

function strip(run, device) {
	const { lives, end } = livesOf(run, device), verdicts = verdictsOf(run, device);
	const box = h('div', { class: 'strip', role: 'img', 'aria-label': `${many(lives.filter((l) => l.ok !== null).length, 'life', 'lives')} with DRIVER_OK, ${many(verdicts.filter(counts).length, 'verdict')}` });
	for (const life of lives) {
		if (life.steps.length < 2) continue;
		const begun = life.steps[1][0], ok = life.ok === null ? life.to : life.ok;
		box.append(at(h('i'), { left: pct(begun / end), width: pct((ok - begun) / end) }));
		if (life.ok !== null) box.append(at(h('i', { class: 'live' }), { left: pct(ok / end), width: pct((life.to - ok) / end) }));
	}
	for (const v of verdicts)
		box.append(at(h('b', { class: counts(v) ? '' : 'advice', title: `${v.clause} at cycle ${v.cycle}` }, counts(v) ? '▼' : '△'), { left: pct(v.cycle / end) }));
	return box;
}

/* Steps and verdicts in their order. */
function lifeList(run, device) {
	const { lives, end } = livesOf(run, device), box = h('div');
	const parts = lives.map((life, n) => {
		const until = n + 1 < lives.length ? lives[n + 1].from : Infinity;
		const found = verdictsOf(run, device).filter((v) => v.cycle >= life.from && v.cycle < until);
		return { life, n, found };
	});
	const some = parts.filter((p) => p.life.steps.length > 1 || p.found.length);
	box.append(strip(run, device), h('p', { class: 'axis' }, h('span', {}, 'cycle 0'), h('span', {}, 'hollow: set-up · solid: live · ▼ verdict · △ advice'), h('span', {}, count(end))));
	const list = h('div');
	box.append(list);
	paged(list, some, 20, ({ life, n, found }) => {
		const hits = found.filter(counts).length;
		const el = h('details', { class: 'life' }, h('summary', {}, `Life ${n + 1} · cycles ${count(life.from)} to ${count(life.to)}${life.ok === null ? ' · never live' : ''}`,
			hits ? h('b', { class: 's failed' }, ` · ▼ ${many(hits, 'verdict')}`) : ''));
		let made = false;
		const fill = () => {
			if (made) return;
			made = true;
			const rows = life.steps.map(([c, text]) => [c, 0, text, '']);
			for (const v of found) rows.push([v.cycle, 1, `${v.clause} ${v.event}`, counts(v) ? 'hit' : 'hint']);
			rows.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
			const steps = h('ol', { class: 'steps' });
			el.append(steps);
			paged(steps, rows, 200, ([c, , text, kind]) => h('li', { class: kind }, h('span', {}, count(c)),
				h('span', { 'aria-hidden': 'true' }, kind === 'hit' ? '▼' : kind ? '△' : '·'), h('span', { class: 'guest' }, text)));
		};
		el.addEventListener('toggle', fill);
		if (hits) { el.open = true; fill(); }
		return el;
	});
	return box;
}

/* --- latency ---------------------------------------------------------------------------------- */

function merged(list, side) {
	const bars = new Map();
	let max = 0;
	for (const of of list.flatMap(devices)) {
		const flat = of.latency ? of.latency[side] : [];
		for (let i = 0; i < flat.length; i += 2) bars.set(flat[i], (bars.get(flat[i]) || 0) + flat[i + 1]);
		if (of.latency) max = Math.max(max, of.latency[side + '_max']);
	}
	const sorted = [...bars].sort((a, b) => a[0] - b[0]);
	return { bars: sorted, n: sorted.reduce((n, b) => n + b[1], 0), max };
}
function quantile(m, share) {
	let seen = 0;
	for (const [end, n] of m.bars) {
		seen += n;
		if (seen >= share * m.n) return Math.min(end, m.max || end);
	}
	return 0;
}
/* Bars are eighths of an octave, in nanoseconds: bridge/hist.h. */
function barStart(end) {
	const past = Math.round(end * 1000) + 1;
	return past <= 32 ? (past - 4) / 1000 : (past - Math.pow(2, Math.floor(Math.log2(past - 1))) / 8) / 1000;
}
function histogram(list) {
	const read = merged(list, 'read'), write = merged(list, 'write');
	const all = [...read.bars, ...write.bars];
	if (!all.length) return h('p', { class: 'soft' }, 'No accesses were timed.');
	const lo = Math.log(Math.max(0.1, Math.min(...all.map((b) => barStart(b[0])))));
	const hi = Math.log(Math.max(...all.map((b) => b[0])));
	const x = (us) => Math.max(0, (Math.log(Math.max(us, 1e-3)) - lo) / (hi - lo || 1));
	const half = (side, m, name) => {
		const top = Math.max(...m.bars.map((b) => b[1]), 1);
		const box = h('div', { class: side }, h('span', { class: 'name' }, name));
		for (const [end, n] of m.bars) {
			const from = x(barStart(end));
			box.append(at(h('i', { title: `${micro(barStart(end))} to ${micro(end)}: ${count(n)}` }),
				{ left: pct(from), width: `calc(${pct(x(end) - from)} - 1px)`, height: `max(1px, ${pct(n / top)})` }));
		}
		if (m.n) {
			const p = quantile(m, 0.5), mark = h('span', {}, 'p50 ' + micro(p));
			if (x(p) > 0.7) at(mark, { left: 'auto', right: '5px' });
			box.append(at(h('span', { class: 'half' }, mark), { left: pct(x(p)) }));
		}
		return box;
	};
	const box = h('div', { class: 'hist', role: 'img', 'aria-label': `Reads: ${many(read.n, 'access', 'accesses')}, median ${micro(quantile(read, 0.5))}. Writes: ${many(write.n, 'access', 'accesses')}, median ${micro(quantile(write, 0.5))}.` });
	for (let us = 0.1; us < 1e8; us *= 10) {
		const here = (Math.log(us) - lo) / (hi - lo || 1);
		if (here >= 0 && here <= 1) box.append(at(h('div', { class: here > 0.92 ? 'tick last' : 'tick' }, h('span', {}, micro(us).replace('.0', ''))), { left: pct(here) }));
	}
	box.append(half('up', read, 'reads'), half('down', write, 'writes'));
	return box;
}

/* --- one run ----------------------------------------------------------------------------------- */

function link(path) {
	const full = path.startsWith('/') ? path : D.base + path;
	const safe = full.split('/').map(encodeURIComponent).join('/');
	return safe.startsWith('/') || safe.startsWith('..') ? safe : './' + safe;
}
function copyButton(text) {
	const button = h('button', { class: 'button', type: 'button', onclick: async () => {
		try {
			await navigator.clipboard.writeText(text);
		} catch (refused) {
			const area = h('textarea', {}, text);
			button.after(area);
			area.select();
			document.execCommand('copy');
			area.remove();
			button.focus();
		}
		button.textContent = 'Copied';
		setTimeout(() => { button.textContent = 'Copy'; }, 1500);
	} }, 'Copy');
	return button;
}
const told = (v) => v.text || `  ${counts(v) ? 'VIOLATION' : 'ADVICE'}  ${v.clause}  ${v.blame} ${v.level}  (${v.rule})\n    at cycle  ${v.cycle}\n    event     ${v.event}\n    expected  ${v.expected}`;
const verdictText = (run, v) => h('pre', { class: 'guest', tabindex: '0' }, (which(run, v.device) && `Device ${v.device}\n`) + told(v).replace(/^ {2}/gm, '').trimEnd());
const block = (title, ...content) => h('div', {}, h('h4', {}, title), ...content);
const pair = (name, value) => value === '' || value === null ? '' : h('div', {}, h('dt', {}, name + ' '), h('dd', { class: 'guest' }, value));

function detail(run) {
	const box = h('div', { class: 'detail' });
	const verdicts = run.verdicts.filter(counts), advice = run.verdicts.filter((v) => !counts(v));
	box.append(h('dl', { class: 'pairs' }, pair('scenario', run.scenario), pair('guest', run.guest), pair('kernel', run.kernel), pair('transport', run.transport),
		pair('device', run.dut), pair('seed', String(run.seed)), pair('took', span(run.seconds)), pair('expects', run.expected.join(', '))));
	if (run.reason) box.append(block('Reason', h('p', { class: 'guest' }, run.reason)));
	if (run.attempts.length > 1)
		box.append(block('Attempts', h('p', {}, ...run.attempts.flatMap(([s, exit, sec]) => [s in STATUS ? status(s) : s, ` exit ${exit}, ${span(sec)}  `]))));
	if (run.command) box.append(block('See it again', h('div', { class: 'command' }, h('pre', { class: 'guest', tabindex: '0' }, run.command), copyButton(run.command))));
	if (verdicts.length) {
		const list = h('div');
		box.append(block(many(verdicts.length, 'verdict'), list));
		paged(list, verdicts, 3, (v) => verdictText(run, v));
	}
	devices(run).forEach((of, i) => {
		if (D.lives[of.life].length) box.append(block('Life cycle' + which(run, i + 1), lifeList(run, i + 1)));
	});
	if (Object.keys(run.files).length)
		box.append(block('Files', h('ul', { class: 'files' }, Object.entries(run.files).map(([kind, path]) => h('li', {}, h('a', { href: link(path), class: 'guest', title: path }, kind))))));
	const latency = run.latency && run.latency.read.length + run.latency.write.length ? block('Latency of register accesses', histogram([run])) : '';
	const burns = devices(run).map((of, i) => {
		const lines = burnOf(of), never = lines.filter((l) => l.state === 0), lacking = lines.filter((l) => l.state === 2);
		return lines.length ? block('Registers, queues, features' + which(run, i + 1), h('p', {}, `${lines.length - never.length - lacking.length} of ${lines.length - lacking.length} touched.`),
			never.length ? h('p', { class: 'soft' }, 'Never: ', never.map((l) => l.name).join(', ')) : '',
			lacking.length ? h('p', { class: 'soft' }, 'Touched, though the device does not have it: ', lacking.map((l) => l.name).join(', ')) : '') : '';
	});
	if (latency || burns.some((b) => b !== '')) box.append(h('div', { class: 'two' }, latency, ...burns));
	if (advice.length)
		box.append(h('details', { class: 'life' }, h('summary', {}, `Advice not taken: ${unique(advice.map((v) => v.clause)).join(', ')}`), advice.map((v) => verdictText(run, v))));
	if (D.nights.length)
		box.append(block('Nights before, the last at the right', h('p', { class: 'nights' }, D.nights.slice(-30).map((n) => {
			const s = LETTER[n.statuses[run.i]];
			return h('i', { class: s || '', title: `${when(n.started)}: ${s ? `${STATUS[s][1]}, ${span(n.times[run.i])}` : 'not there'}` }, s ? STATUS[s][0] : '·');
		}))));
	return box;
}

const dialog = $('run');
function openRun(run) {
	dialog.replaceChildren(h('div', { class: 'head' }, status(run.status), h('span', { class: 'id guest', id: 'run-title' }, run.id),
		h('button', { class: 'button', type: 'button', onclick: () => dialog.close() }, 'Close')), detail(run));
	history.replaceState(null, '', '#run=' + encodeURIComponent(run.id));
	if (!dialog.open) dialog.showModal();
	dialog.scrollTop = 0;
}
dialog.addEventListener('close', () => history.replaceState(null, '', location.pathname + location.search));
dialog.addEventListener('click', (e) => { if (e.target === dialog) dialog.close(); });
const runLink = (run) => h('button', { class: 'link guest', type: 'button', onclick: () => openRun(run) }, run.id);

/* --- summary ----------------------------------------------------------------------------------- */

function summary() {
	const done = runs.length - tally.skipped;
	const title = !runs.length ? 'No run yet' : bad.length ? `${count(bad.length)} of ${many(runs.length, 'run')} did not pass`
		: tally.skipped ? `${count(done)} passed, ${count(tally.skipped)} skipped` : `All ${many(runs.length, 'run')} passed`;
	$('h-summary').textContent = title;
	document.title = `${bad.length ? '✕' : '✓'} ${D.name || 'vcosim'}: ${title}`;
	$('meta').append(h('span', { class: 'guest' }, [D.name, when(D.started), D.shard && 'shard ' + D.shard, D.host.machine, D.host.cpus && many(D.host.cpus, 'processor'),
		D.host.accel && D.host.accel.toUpperCase(), D.jobs && many(D.jobs, 'job') + ' at a time', D.vcosim && 'vcosim ' + D.vcosim].filter(Boolean).join(' · ')));
	if (!D.whole) $('meta').after(h('p', { class: 'note meta' }, 'This regression is not finished: what is shown is what was done when the page was made.'));
	const bar = h('div', { class: 'bar', role: 'img', 'aria-label': title }), key = h('div', { class: 'key' });
	for (const s of Object.keys(STATUS)) {
		if (!tally[s]) continue;
		bar.append(at(h('i', { class: s }), { flex: String(tally[s]) }));
		key.append(h('span', {}, status(s), ' ' + count(tally[s])));
	}
	$('bar').append(bar, key);
	const fact = (name, value, more) => $('facts').append(h('div', {}, h('dt', {}, name), h('dd', {}, value, more ? h('small', {}, ' ' + more) : '')));
	const monitored = clauses.filter((c) => c.status === 'MONITORED');
	const used = monitored.filter((c) => c.exercised).length;
	fact('Clauses put to the test', count(used), `of ${monitored.length} monitored`);
	fact('Clauses broken', count(clauses.filter((c) => c.kind === 'violated').length), 'not as expected');
	fact('Took', span(D.seconds), last && last.seconds ? `last time ${span(last.seconds)}` : '');
	if (last) {
		fact('New failures', count(bad.filter((r) => r.fresh).length), 'since last time');
		fact('Mended', count(runs.filter((r) => r.status === 'passed' && r.was && isBad(r.was)).length), 'since last time');
	}
	const nav = document.querySelector('a[href="#failures"]');
	if (bad.length) nav.append(' ', h('b', {}, count(bad.length)));
}

function failures() {
	const box = $('failure-list');
	if (!bad.length) {
		box.append(h('p', { class: 'lead' }, runs.length ? 'None.' : 'Nothing ran.'));
		return;
	}
	paged(box, bad, 50, (run) => {
		const el = h('details', { class: 'card ' + run.status, 'data-id': run.id }, h('summary', {}, status(run.status),
			h('span', {}, h('span', { class: 'id guest' }, run.id), run.fresh ? h('span', { class: 'tag' }, 'new') : ''), h('span', { class: 'why guest' }, run.reason)));
		let made = false;
		const fill = () => { if (!made && el.open) { made = true; el.append(detail(run)); } };
		el.addEventListener('toggle', fill);
		if (bad.length <= 2) { el.open = true; fill(); }
		return el;
	});
}

/* --- matrix, and the table of runs: one filter ------------------------------------------- */

const filter = { text: '', hide: new Set() };
const shown = (run) => !filter.hide.has(run.status) && (!filter.text || (run.id + ' ' + run.reason).toLowerCase().includes(filter.text));
const unique = (list) => [...new Set(list)];

function matrix() {
	const columns = unique(runs.map((r) => r.on)).sort(), cells = new Map(), chips = [];
	const natural = new Intl.Collator('en', { numeric: true });
	columns.sort(natural.compare);
	const rows = unique(runs.map((r) => r.scenario));
	for (const run of runs) {
		const key = run.scenario + '\n' + run.on;
		if (!cells.has(key)) cells.set(key, []);
		cells.get(key).push(run);
	}
	const body = h('tbody');
	for (const row of rows) {
		const tr = h('tr', {}, h('th', { scope: 'row', class: 'guest' }, row));
		for (const column of columns) {
			const box = h('div', { class: 'chips' }), mine = cells.get(row + '\n' + column) || [];
			box.style.setProperty('--n', mine.length);
			for (const run of mine.sort((a, b) => a.seed - b.seed || a.i - b.i)) {
				const name = `${row}, ${column}, seed ${run.seed}: ${STATUS[run.status][1]}, ${span(run.seconds)}`;
				const chip = h('button', { class: 'chip ' + run.status, type: 'button', tabindex: '-1', title: name, 'aria-label': name, onclick: () => openRun(run) }, STATUS[run.status][0]);
				chips.push([run, chip]);
				box.append(chip);
			}
			tr.append(h('td', {}, box));
		}
		body.append(tr);
	}
	$('grid').append(h('table', { class: 'grid' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'scenario'), columns.map((c) => h('th', { scope: 'col', class: 'guest' }, c)))), body));
	roving($('grid'), '.chip');

	const again = () => {
		for (const [run, chip] of chips) chip.classList.toggle('off', !shown(run));
		table();
	};
	$('filter').append(h('input', { type: 'search', placeholder: 'Filter by name or reason', 'aria-label': 'Filter runs by name or reason',
		oninput: (e) => { filter.text = e.target.value.trim().toLowerCase(); again(); } }));
	for (const s of Object.keys(STATUS)) {
		if (!tally[s]) continue;
		const button = h('button', { class: 'button', type: 'button', 'aria-pressed': 'true', onclick: () => {
			if (filter.hide.has(s)) filter.hide.delete(s);
			else filter.hide.add(s);
			button.setAttribute('aria-pressed', String(!filter.hide.has(s)));
			again();
		} }, status(s), ' ' + count(tally[s]));
		$('filter').append(button);
	}
}

const sort = { by: 'order', down: false };
function table() {
	const slowest = Math.max(...runs.map((r) => r.seconds), 0.001);
	const value = { order: (r) => r.i, status: (r) => (isBad(r.status) ? BAD.indexOf(r.status) : 9), run: (r) => r.id, took: (r) => r.seconds };
	const list = runs.filter(shown).sort((a, b) => {
		const x = value[sort.by](a), y = value[sort.by](b);
		return (x < y ? -1 : x > y ? 1 : a.i - b.i) * (sort.down ? -1 : 1);
	});
	const head = (by, name) => h('th', { scope: 'col', 'aria-sort': sort.by === by ? (sort.down ? 'descending' : 'ascending') : null },
		h('button', { type: 'button', onclick: () => {
			sort.down = sort.by === by ? !sort.down : by === 'took';
			sort.by = by;
			table();
			[...$('run-table').querySelectorAll('.sorts button')].find((b) => b.textContent.startsWith(name)).focus();
		} }, name + (sort.by === by ? (sort.down ? ' ↓' : ' ↑') : '')));
	const body = h('tbody', { class: 'run-rows' });
	const el = h('table', { class: 'wide' }, h('thead', {}, h('tr', { class: 'sorts' }, head('status', 'Status'), head('run', 'Run'), head('took', 'Took'),
		h('th', { scope: 'col', class: 'wide-only' }, 'Life cycle'), h('th', { scope: 'col', class: 'wide-only' }, 'Reason'))), body);
	$('run-table').replaceChildren(h('p', { class: 'lead' }, list.length === runs.length ? many(runs.length, 'run') : `${count(list.length)} of ${many(runs.length, 'run')}, by the filter above`), el);
	paged(body, list, 100, (run) => h('tr', {}, h('td', {}, status(run.status, true)), h('td', {}, runLink(run)),
		h('td', { class: 'num' }, span(run.seconds), ' ', h('span', { class: 'meter wide-only', 'aria-hidden': 'true' }, at(h('i'), { width: pct(run.seconds / slowest) }))),
		h('td', { class: 'wide-only' }, D.lives[run.life].length ? devices(run).map((of, i) => strip(run, i + 1)) : ''), h('td', { class: 'wide-only' }, h('div', { class: 'why guest soft', title: run.reason }, run.reason))));
}

/* --- clauses ------------------------------------------------------------------------------------- */

const KINDS = {
	violated: ['✕', 'broken, not as expected'], purpose: ['•', 'broken as expected'], advised: ['△', 'advice not taken'],
	exercised: ['', 'put to the test, and kept'], never: ['', 'monitored, never put to the test'], undecidable: ['', 'not decidable from the bus'],
	none: ['–', 'not applicable'], later: ['…', 'not yet monitored'], defect: ['§', 'the text is defective'],
};
const BY_STATUS = { MONITORED: 'never', NOT_DECIDABLE: 'undecidable', NOT_APPLICABLE: 'none', LATER: 'later', SPEC_DEFECT: 'defect' };
const CHAPTERS = [['2.1', 'Device status'], ['2.2', 'Feature bits'], ['2.4', 'Reset'], ['2.5', 'Configuration space'], ['2.6', 'Virtqueues'], ['2.7', 'Split virtqueues'],
	['2.8', 'Packed virtqueues'], ['2.10', 'Shared memory'], ['2.12', 'Administration commands'], ['2.13', 'Administration virtqueues'], ['3', 'Initialisation and operation'],
	['4.1', 'Over PCI'], ['4.2', 'Over MMIO'], ['5.4', 'Entropy device'], ['5.5', 'Memory balloon'], ['6', 'Reserved feature bits']];
const clauses = D.clauses.map(([id, party, level, section, scope, st, text, why, rules], k) => ({ k, id, party, level, section, scope, status: st, text, why, rules,
	n: { n: 0, e: 0, a: 0, x: 0, v: 0 } }));
for (const run of runs) {
	const letters = D.grades[run.grades];
	for (let k = 0; k < letters.length; k++) if (letters[k] !== '.') clauses[k].n[letters[k]]++;
}
for (const c of clauses) {
	c.exercised = c.n.e + c.n.a + c.n.x + c.n.v;
	c.kind = c.n.v ? 'violated' : c.n.x ? 'purpose' : c.n.a ? 'advised' : c.n.e ? 'exercised' : BY_STATUS[c.status] || 'never';
}
function cell(kind, tag, attrs) {
	return h(tag, { class: 'cell c-' + kind, ...attrs }, KINDS[kind][0]);
}
function tellClause(c) {
	const note = $('clause-note');
	note.replaceChildren(h('p', {}, h('b', { class: 'id guest' }, c.id), ` ${[c.party, c.level.replace('_', ' '), c.scope].filter(Boolean).join(' · ')} · `, h('b', {}, KINDS[c.kind][1])));
	if (c.text) note.append(h('p', {}, c.text));
	const seen = c.exercised + c.n.n;
	if (seen) note.append(h('p', { class: 'soft' }, `Put to the test in ${c.exercised} of ${many(seen, 'run')} that watched it${c.n.v + c.n.x ? `, broken in ${c.n.v + c.n.x}` : ''}.${c.rules ? ' Rules: ' + c.rules.replace(/,/g, ', ') : ''}`));
	if (c.why) note.append(h('p', { class: 'soft' }, c.why));
	const where = runs.filter((r) => 'vxa'.includes(D.grades[r.grades][c.k] || '.'));
	where.sort((a, b) => 'vxa'.indexOf(D.grades[a.grades][c.k]) - 'vxa'.indexOf(D.grades[b.grades][c.k]));
	if (where.length)
		note.append(h('p', {}, c.n.v + c.n.x ? 'Broken in: ' : 'Advice not taken in: ', ...where.slice(0, 12).flatMap((r) => [runLink(r), '  ']), where.length > 12 ? `and ${where.length - 12} more` : ''));
}
function heat() {
	const box = $('heat'), groups = new Map(), by = {};
	for (const c of clauses) {
		by[c.kind] = (by[c.kind] || 0) + 1;
		if (!groups.has(c.section)) groups.set(c.section, []);
		groups.get(c.section).push(c);
	}
	const monitored = clauses.filter((c) => c.status === 'MONITORED'), used = monitored.filter((c) => c.exercised);
	$('clause-lead').textContent = `Of ${clauses.length} statements ${monitored.length} are monitored; these runs put ${used.length} of them to the test. The more runs did, the stronger its colour.`;
	for (const kind of Object.keys(KINDS)) if (by[kind]) $('clause-legend').append(h('span', {}, cell(kind, 'i', { 'aria-hidden': 'true' }), `${KINDS[kind][1]} ${by[kind]}`));
	$('clause-note').append(h('p', { class: 'soft' }, 'Choose a square to read what it says. Arrow keys move.'));
	const order = new Intl.Collator('en', { numeric: true });
	const most = Math.max(...clauses.map((c) => c.exercised), 1);
	let chapter = null;
	for (const section of [...groups.keys()].sort((a, b) => (a === '') - (b === '') || order.compare(a, b))) {
		const of = CHAPTERS.find(([at]) => section === at || section.startsWith(at + '.')), name = section ? (of ? of[1] : 'Others') : 'Not in the catalogue';
		const row = h('div', { class: 'sec' }, h('span', {}, section), h('div', { class: 'cells' }, groups.get(section).map((c) => {
			const label = `${c.id}: ${KINDS[c.kind][1]}`;
			const el = cell(c.kind, 'button', { type: 'button', tabindex: '-1', title: label, 'aria-label': label, onclick: () => tellClause(c) });
			if (c.kind === 'exercised' || c.kind === 'purpose') el.style.setProperty('--share', 35 + Math.round(60 * c.exercised / most) + '%');
			return el;
		})));
		if (name !== chapter) box.append(h('div', { class: 'chapter' }, h('h3', {}, name), row));
		else box.append(row);
		chapter = name;
	}
	roving(box, '.cell');
}

/* --- latency, registers, trend -------------------------------------------------------------------- */

function latency() {
	const timed = runs.filter((r) => r.latency && (r.latency.read.length || r.latency.write.length)), box = $('latency-body');
	if (!timed.length) {
		box.append(h('p', { class: 'lead' }, 'No run timed its accesses: only guests over vfio-user do.'));
		return;
	}
	const groups = unique(timed.map((r) => r.on)).sort();
	const chart = h('div'), draw = (on) => chart.replaceChildren(histogram(on ? timed.filter((r) => r.on === on) : timed));
	box.append(h('p', { class: 'lead' }, 'From the server’s waking up to its reply; what the guest adds is not in it.'));
	if (groups.length > 1)
		box.append(h('div', { class: 'tools' }, h('label', {}, 'Of ', h('select', { class: 'button', onchange: (e) => draw(e.target.value) }, h('option', { value: '' }, 'all runs'), groups.map((g) => h('option', { value: g }, g))))));
	box.append(chart);
	draw('');
	const rows = groups.flatMap((on) => ['read', 'write'].map((side) => [on, side, merged(timed.filter((r) => r.on === on), side)]));
	box.append(h('div', { class: 'scroll' }, h('table', { class: 'data' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'on'), h('th', { scope: 'col' }, ''),
		['accesses', 'p50', 'p90', 'p99', 'p99.9', 'largest'].map((t) => h('th', { scope: 'col', class: 'num' }, t)))),
	h('tbody', {}, rows.filter((r) => r[2].n).map(([on, side, m]) => h('tr', {}, h('th', { scope: 'row' }, on), h('td', {}, side + 's'), h('td', { class: 'num' }, count(m.n)),
		[0.5, 0.9, 0.99, 0.999].map((q) => h('td', { class: 'num' }, micro(quantile(m, q)))), h('td', { class: 'num' }, micro(m.max))))))));
}

function burnOf(run) {
	const flat = D.burns[run.burn], lines = [];
	for (let i = 0; i < flat.length; i += 4) lines.push({ name: D.registers[flat[i]], reads: flat[i + 1], writes: flat[i + 2], state: flat[i + 3] });
	return lines;
}
/* Of all devices of a run: what one of them touched was touched. */
function burnOfAll(run) {
	const all = new Map();
	for (const of of devices(run)) for (const l of burnOf(of)) {
		const was = all.get(l.name);
		if (!was) all.set(l.name, l);
		else Object.assign(was, { reads: was.reads + l.reads, writes: was.writes + l.writes, state: was.state === 1 || l.state === 1 ? 1 : Math.max(was.state, l.state) });
	}
	return [...all.values()];
}
function registers() {
	const box = $('register-body'), all = new Map(), steps = [];
	const left = new Set(), touched = new Set();
	for (const run of runs) for (const l of burnOfAll(run)) if (l.state < 2) left.add(l.name);
	const total = left.size;
	if (!total) {
		box.append(h('p', { class: 'lead' }, 'No run told which registers it touched.'));
		return;
	}
	for (const run of runs) {
		for (const l of burnOfAll(run)) {
			const was = all.get(l.name) || { name: l.name, runs: 0, of: 0, reads: 0, writes: 0, lacking: 0 };
			was.of++;
			was.runs += l.state === 1;
			was.lacking += l.state === 2;
			was.reads += l.reads;
			was.writes += l.writes;
			all.set(l.name, was);
			if (l.state === 1 && !touched.has(l.name)) { touched.add(l.name); left.delete(l.name); }
		}
		steps.push(left.size);
	}
	box.append(h('p', { class: 'lead' }, `Of ${total} registers, queues and feature bits that the devices have, ${many(touched.size, 'was', 'were')} touched; ${left.size} not by any run.`));
	const every = Math.ceil(steps.length / 160), points = steps.filter((s, i) => i % every === 0 || i === steps.length - 1);
	box.append(h('h3', {}, `Untouched, run after run: from ${total} to ${left.size}`),
		h('div', { class: 'step-chart', role: 'img', 'aria-label': `Untouched after each run, from ${total} to ${left.size}` }, points.map((s) => at(h('i', { title: String(s) }), { height: pct(s / total) }))));
	const kind = (name) => (/^queue \d+$/.test(name) ? 2 : /^feature \d+$/.test(name) ? 3 : /^[A-Z]/.test(name) ? 1 : 0);
	const lines = [...all.values()];
	box.append(h('div', { class: 'four' }, [['Registers'], ['MMIO registers'], ['Queues', 'Feature bits']].map((titles, first) => h('div', {}, titles.map((title, second) => {
		const k = first + second;
		const mine = lines.filter((l) => kind(l.name) === k).sort((a, b) => (b.runs === 0) - (a.runs === 0));
		if (!mine.length) return '';
		return h('table', { class: 'regs data' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, title), h('th', { scope: 'col' }, 'runs'),
			k < 3 ? [h('th', { scope: 'col', class: 'num' }, k === 2 ? 'chains' : 'reads'), h('th', { scope: 'col', class: 'num' }, k === 2 ? 'notified' : 'writes')] : '')),
		h('tbody', {}, mine.map((l) => h('tr', { class: l.runs || l.lacking ? '' : 'no' }, h('td', { class: 'guest', title: l.name }, l.name),
			h('td', { class: 'n' }, h('span', { class: 'meter', 'aria-hidden': 'true' }, at(h('i'), { width: pct(l.runs / l.of) })), l.lacking ? ` not modelled, ${l.lacking}` : l.runs ? ` ${l.runs}` : ' never'),
			k < 3 ? [h('td', { class: 'num' }, count(l.reads)), h('td', { class: 'num' }, count(l.writes))] : ''))));
	})))));
}

function trend() {
	const box = $('trend-body');
	if (!last) {
		box.append(h('p', { class: 'lead' }, 'No earlier night was given: vcosim report DIR --trend DIR.'));
		return;
	}
	const nights = [...D.nights, { started: D.started, seconds: D.seconds, counts: tally, runs: runs.length, now: true }].slice(-30);
	const sum = (c) => BAD.reduce((n, s) => n + (c[s] || 0), 0);
	const most = Math.max(...nights.map((n) => sum(n.counts)), 1), longest = Math.max(...nights.map((n) => n.seconds), 0.001);
	const chart = (title, label, make) => h('div', {}, h('h3', {}, title), h('div', { class: 'night-chart', role: 'img', 'aria-label': label }, nights.map((n) =>
		h('div', { class: n.now ? 'now' : '', title: when(n.started) }, make(n)))));
	box.append(h('div', { class: 'two' },
		chart('Did not pass', nights.map((n) => sum(n.counts)).join(', '), (n) => [h('span', {}, String(sum(n.counts))),
			...BAD.filter((s) => n.counts[s]).map((s) => at(h('i', { class: s }), { height: pct(0.8 * n.counts[s] / most) }))]),
		chart('Took', nights.map((n) => span(n.seconds)).join(', '), (n) => [nights.length < 12 || n.now ? h('span', {}, span(n.seconds)) : '', at(h('i'), { height: pct(0.8 * n.seconds / longest) })])),
	h('p', { class: 'axis' }, h('span', {}, when(nights[0].started)), h('span', {}, 'now')));

	const median = (list) => { const s = list.slice().sort((a, b) => a - b); return s[Math.floor(s.length / 2)]; };
	const slower = runs.map((r) => [r, median(D.nights.slice(-10).map((n) => n.times[r.i]).filter((t) => t >= 0))])
		.filter(([r, was]) => was > 0 && r.seconds > 1.5 * was && r.seconds - was > 1).sort((a, b) => b[0].seconds / b[1] - a[0].seconds / a[1]);
	const lists = [['New failures', runs.filter((r) => r.fresh), (r) => [runLink(r)]], ['Mended', runs.filter((r) => r.status === 'passed' && r.was && isBad(r.was)), (r) => [runLink(r)]],
		['Slower than the median of the nights before', slower, ([r, was]) => [runLink(r), ` ${span(was)} → ${span(r.seconds)}`]],
		['Not there last time', runs.filter((r) => !r.was), (r) => [runLink(r)]]];
	const two = h('div', { class: 'two' });
	for (const [title, list, make] of lists) {
		if (!list.length) continue;
		const ul = h('div');
		two.append(h('div', {}, h('h3', {}, `${title}: ${count(list.length)}`), ul));
		paged(ul, list, 8, (item) => h('p', {}, make(item)));
	}
	box.append(two.childNodes.length ? two : h('p', { class: 'lead' }, 'Nothing changed since last time.'));
}

/* --- all of it, and whether it adds up -------------------------------------------------------- */

summary();
failures();
matrix();
heat();
latency();
registers();
trend();
table();

root.dataset.runs = runs.length;
root.dataset.bad = bad.length;
root.dataset.width = root.clientWidth;
const wrong = [];
const same = (what, got, want) => { if (got !== want) wrong.push(`${what} ${got}, not ${want}`); };
same('squares in the matrix', document.querySelectorAll('#grid .chip').length, runs.length);
same('red squares', document.querySelectorAll(BAD.map((s) => '#grid .chip.' + s).join(',')).length, bad.length);
same('failures', document.querySelectorAll('#failure-list .card').length, Math.min(50, bad.length));
same('clauses', document.querySelectorAll('#heat .cell').length, clauses.length);
same('rows', document.querySelectorAll('#run-table tbody tr').length, Math.min(100, runs.length));
same('width', root.scrollWidth, root.clientWidth);
root.dataset.check = wrong.length ? 'wrong: ' + wrong.join('; ') : 'ok';

if (location.hash.startsWith('#run=')) {
	const run = runs.find((r) => '#run=' + encodeURIComponent(r.id) === location.hash);
	if (run) openRun(run);
}
})();
