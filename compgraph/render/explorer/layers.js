// A layered layout: columns by the longest way from the inputs, few crossings by averages, heights by least squares.
// No edge is broken into pieces, so the cost is linear in what is shown, times a dozen passes.

const GAP = 14; // between cards of a column
const PASSES = 10;

function layered(shown, edges) {
  const before = new Map(shown.map((node) => [node.i, []]));
  const after = new Map(shown.map((node) => [node.i, []]));
  for (const { tail, head } of edges) {
    before.get(head).push(nodes[tail]);
    after.get(tail).push(nodes[head]);
  }
  // nodes come in evaluation order, and what nothing is made into stands beside what uses it
  for (const node of shown) node.column = before.get(node.i).reduce((most, one) => Math.max(most, one.column + 1), 0);
  for (const node of shown) {
    const users = after.get(node.i);
    if (!before.get(node.i).length && users.length) node.column = Math.min(...users.map((one) => one.column)) - 1;
  }
  const first = shown.reduce((least, node) => Math.min(least, node.column), 0);
  const columns = [];
  for (const node of shown) (columns[node.column - first] ??= []).push(node);
  const used = columns.filter(Boolean);
  used.forEach((column, c) => column.forEach((node, r) => Object.assign(node, { column: c, y: r * 100 - column.length * 50 })));

  // order within columns by the average height of neighbours, forwards and backwards in turn
  const mean = (list, other) => (list.length ? list.reduce((sum, one) => sum + one.y, 0) / list.length : other);
  for (let pass = 0; pass < PASSES; pass += 1) {
    const forwards = pass % 2 === 0;
    for (const column of forwards ? used : [...used].reverse()) {
      const [near, far] = forwards ? [before, after] : [after, before];
      for (const node of column) node.wish = mean(near.get(node.i), mean(far.get(node.i), node.y));
      column.sort((a, b) => a.wish - b.wish || a.i - b.i);
      place(column);
    }
  }
  for (const column of [...used, ...[...used].reverse()]) {
    for (const node of column) node.wish = mean([...before.get(node.i), ...after.get(node.i)], node.y);
    place(column);
  }

  let x = 0;
  used.forEach((column, c) => {
    const wide = Math.max(...column.map((node) => node.width));
    const leaving = column.reduce((sum, node) => sum + after.get(node.i).length, 0);
    for (const node of column) node.x = x + wide / 2;
    x += wide + Math.min(70 + 2.5 * leaving, 420);
  });
  return { before, after };
}

// The heights nearest to the wishes, least squares, that keep the order and the gaps: neighbours that would overlap
// are moved as a block to the average of their wishes.
function place(column) {
  const blocks = [];
  let offset = 0;
  column.forEach((node, k) => {
    if (k) offset += (column[k - 1].height + node.height) / 2 + GAP + node.above;
    node.offset = offset;
    let block = { sum: node.wish - offset, size: 1, last: k };
    while (blocks.length && blocks.at(-1).sum / blocks.at(-1).size >= block.sum / block.size) {
      const other = blocks.pop();
      block = { sum: other.sum + block.sum, size: other.size + block.size, last: k };
    }
    blocks.push(block);
  });
  let k = 0;
  for (const { sum, size, last } of blocks) for (; k <= last; k += 1) column[k].y = sum / size + column[k].offset;
}
