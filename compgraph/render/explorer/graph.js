// What is there, and what is shown of it: scopes fold, and their inner nodes are eliminated.
// The edges into what is left of a scope come with the page; whatever else is folded, they stay the same.

const data = JSON.parse(document.getElementById("graph").textContent);
const reverse = data.direction === "reverse";
const nodes = data.nodes.map(([name, how, value, faint, scope, inner, key], i) =>
  ({ i, name, how, value, faint, scope, inner, key }));
const scopes = data.scopes.map(([name, parent, edges], k) => ({ k, name, parent, edges, folded: data.folded, into: new Map() }));

function put(map, key, value) {
  if (map.has(key)) map.get(key).push(value);
  else map.set(key, [value]);
}

const asEdge = ([tail, head, label]) => ({ tail, head, label });
const into = new Map();
for (const edge of data.edges) put(into, edge[1], asEdge(edge));
for (const scope of scopes) for (const edge of scope.edges) put(scope.into, edge[1], asEdge(edge));

// The scopes around a node or a scope, from the innermost to the outermost.
function around(k) {
  const found = [];
  for (; k >= 0; k = scopes[k].parent) found.push(k);
  return found;
}
const outermostFolded = (k) => around(k).findLast((one) => scopes[one].folded) ?? -1;

// What is shown with the scopes as they are: nodes, the scope that each stands for, and edges.
function visible() {
  const shown = nodes.filter((node) => outermostFolded(node.inner) < 0);
  const edges = [];
  for (const node of shown) {
    node.stands = outermostFolded(node.scope);
    const found = node.stands < 0 ? into : scopes[node.stands].into;
    edges.push(...(found.get(node.i) ?? []));
  }
  return { shown, edges };
}

const count = () => nodes.reduce((sum, node) => sum + (outermostFolded(node.inner) < 0), 0);

// Fold or unfold; what would be too much to show is not done, and said.
function setFolded(changes) {
  const before = scopes.map((scope) => scope.folded);
  for (const [k, folded] of changes) scopes[k].folded = folded;
  const there = count();
  if (there <= data.most) return "";
  scopes.forEach((scope, k) => (scope.folded = before[k]));
  const names = changes.length > 1 ? "All scopes unfolded" : `${scopes[changes[0][0]].name} unfolded`;
  return `${names}: ${there} nodes would be shown, and at most ${data.most} can be. Fold another scope first.`;
}
