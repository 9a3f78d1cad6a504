use super::*;
use async_trait::async_trait;
use parking_lot::Mutex;
use watchkeeper_config::Document;

/// Answers with what it was given, and notes what it was asked.
struct Scripted {
    answer: Result<Table, PortError>,
    asked: Mutex<Vec<ReportQuery>>,
}

#[async_trait]
impl Reports for Scripted {
    async fn run(&self, query: &ReportQuery) -> Result<Table, PortError> {
        self.asked.lock().push(query.clone());
        self.answer.clone()
    }
}

fn queries(answer: Result<Table, PortError>) -> (Arc<Scripted>, ReportQueries) {
    let text = "[[report]]\nname = \"errors\"\nsql = \"SELECT 1\"\nmax_rows = 7\ntimeout = \"1m\"";
    let saved = Document::parse("a.toml", text).unwrap().read(|root| ReportSet::read(root, &[])).unwrap();
    let scripted = Arc::new(Scripted { answer, asked: Mutex::default() });
    (Arc::clone(&scripted), ReportQueries::new(scripted, Reloadable::new(saved)))
}

#[tokio::test]
async fn a_saved_report_is_run_by_its_name_within_the_shorter_time() {
    let table = Table { columns: vec!["a".into()], rows: vec![vec![None]], is_cut: false };
    let (scripted, queries) = queries(Ok(table.clone()));
    for (most, within) in [(10, 10), (100, 60)] {
        let (report, answer) = queries.run_named("errors", Duration::from_secs(most)).await.unwrap();
        assert_eq!((&report.name[..], &answer), ("errors", &table));
        let asked = scripted.asked.lock().pop().unwrap();
        let within = Duration::from_secs(within);
        assert_eq!(asked, ReportQuery { sql: "SELECT 1".into(), max_rows: 7, within });
    }
}

#[tokio::test]
async fn an_error_says_whose_fault_it_is() {
    let outcome = |answer| async move {
        let (_, queries) = queries(Err(answer));
        queries.run_named("errors", MAX_REPORT_TIMEOUT).await.unwrap_err()
    };
    let refused = outcome(ReportQuery::refused("line 1, column 8: no")).await;
    assert_eq!(refused, ReportError::Refused("line 1, column 8: no".into()));
    let away = PortError::Unavailable { what: "store", reason: "away".into() };
    assert_eq!(outcome(away.clone()).await, ReportError::Failed(away));
    let (_, queries) = queries(Ok(Table::default()));
    let unknown = queries.run_named("other", MAX_REPORT_TIMEOUT).await.unwrap_err();
    assert_eq!(unknown.to_string(), "there is no report \"other\"");
}
