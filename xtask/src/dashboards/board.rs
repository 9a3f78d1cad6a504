//! A dashboard as Grafana reads it: <https://grafana.com/docs/grafana/latest/reference/dashboard-json-model/>.

use super::panel::{self, POSTGRESQL, data_source};
use super::source::{Board, Variable};
use serde_json::{Value, json};

/// Columns of a dashboard.
const COLUMNS: usize = 24;
/// The version of the model: Grafana 11. Later versions read it too.
const SCHEMA_VERSION: u32 = 39;

/// The dashboard. Its uid is fixed, so that links to it stay valid.
pub(super) fn grafana(name: &str, board: &Board) -> Value {
    json!({
        "uid": format!("watchkeeper-{name}"),
        "title": format!("Watchkeeper: {}", board.title),
        "description": board.about,
        "tags": ["watchkeeper"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": true,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": { "from": "now-6h", "to": "now" },
        "timezone": "browser",
        "annotations": { "list": [] },
        "links": [{
            "type": "dashboards",
            "title": "Watchkeeper",
            "tags": ["watchkeeper"],
            "asDropdown": true,
            "keepTime": true,
            "includeVars": false,
            "targetBlank": false,
        }],
        "templating": { "list": board.variables.iter().map(variable).collect::<Vec<_>>() },
        "panels": panels(board),
    })
}

/// A variable of which any values can be selected; at first all are.
fn variable(Variable { name, sql }: &Variable) -> Value {
    json!({
        "type": "query",
        "name": name,
        "label": name,
        "datasource": data_source(POSTGRESQL),
        "query": sql,
        "definition": sql,
        "multi": true,
        "includeAll": true,
        "current": { "text": ["All"], "value": ["$__all"] },
        "refresh": 2,
        "sort": 1,
    })
}

/// The rows, and in each its panels from left to right.
fn panels(board: &Board) -> Vec<Value> {
    let (mut panels, mut top, mut id) = (Vec::new(), 0, 0);
    let mut next_id = || {
        id += 1;
        id
    };
    for row in &board.rows {
        panels.push(json!({
            "id": next_id(),
            "type": "row",
            "title": row.title,
            "collapsed": false,
            "panels": [],
            "gridPos": { "x": 0, "y": top, "w": COLUMNS, "h": 1 },
        }));
        top += 1;
        let mut places = Places::below(top);
        for panel in &row.panels {
            let (x, y) = places.take(panel.width, panel.height);
            let grid = json!({ "x": x, "y": y, "w": panel.width, "h": panel.height });
            panels.push(panel::grafana(panel, next_id(), &grid));
        }
        top = places.bottom();
    }
    panels
}

/// Where the panels of a row are.
struct Places {
    top: usize,
    x: usize,
    /// The lowest edge in each column.
    edges: [usize; COLUMNS],
}

impl Places {
    fn below(top: usize) -> Self {
        Self { top, x: 0, edges: [0; COLUMNS] }
    }

    /// The next place: beside the panel before, or below what is in these columns.
    fn take(&mut self, width: usize, height: usize) -> (usize, usize) {
        if self.x + width > COLUMNS {
            // A tall panel before small ones leaves room beside it.
            let highest =
                self.edges.iter().min().and_then(|min| self.edges.iter().position(|edge| edge == min));
            self.x = highest.filter(|x| x + width <= COLUMNS).unwrap_or(0);
        }
        let (x, columns) = (self.x, self.x..self.x + width);
        let y = self.edges[columns.clone()].iter().max().copied().unwrap_or(0);
        self.edges[columns].fill(y + height);
        self.x += width;
        (x, self.top + y)
    }

    fn bottom(&self) -> usize {
        self.top + self.edges.iter().max().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_are_beside_each_other_and_never_over_each_other() {
        let mut places = Places::below(1);
        let sizes = [(12, 8), (6, 4), (6, 4), (6, 4), (6, 4), (16, 8), (8, 8), (24, 2)];
        let taken = sizes.map(|(width, height)| places.take(width, height));
        let expected = [(0, 1), (12, 1), (18, 1), (12, 5), (18, 5), (0, 9), (16, 9), (0, 17)];
        assert_eq!(taken, expected);
        assert_eq!(places.bottom(), 19);
    }
}
