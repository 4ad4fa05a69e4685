// Sorts a table by the column whose heading is pressed: ascending, descending, as it was.
document.querySelectorAll('table.sortable').forEach(function (table) {
  var body = table.tBodies[0];
  var original = Array.prototype.slice.call(body.rows);
  var heads = table.tHead.rows[0].cells;
  function key(row, column) {
    var cell = row.cells[column];
    var text = cell.getAttribute('data-v') || cell.textContent;
    var number = text.trim() === '' ? NaN : Number(text);
    return isNaN(number) ? text : number;
  }
  function compare(a, b) {
    if (a === '' || b === '') { return (a === '') - (b === ''); }
    if (typeof a === 'number' && typeof b === 'number') { return a - b; }
    return String(a).localeCompare(String(b), undefined, { numeric: true });
  }
  Array.prototype.forEach.call(heads, function (head, column) {
    var button = head.querySelector('button');
    if (!button) { return; }
    button.addEventListener('click', function () {
      var now = head.getAttribute('aria-sort');
      var next = now === 'ascending' ? 'descending' : now === 'descending' ? null : 'ascending';
      Array.prototype.forEach.call(heads, function (other) { other.removeAttribute('aria-sort'); });
      var rows = original.slice();
      if (next) {
        head.setAttribute('aria-sort', next);
        rows.sort(function (a, b) {
          var x = key(a, column), y = key(b, column);
          var empty = x === '' || y === '';
          return next === 'ascending' || empty ? compare(x, y) : compare(y, x);
        });
      }
      rows.forEach(function (row) { body.appendChild(row); });
    });
  });
});
