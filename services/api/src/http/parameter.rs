//! Query parameters in the OpenAPI document, with the limits that are enforced.

use super::given::LABEL;
use crate::question::{Count, MAX_CHOSEN_WINDOWS};
use serde_json::{Value, json};
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use watchkeeper_domain::event::{EVENTS, MAX_FILTER_BYTES};
use watchkeeper_domain::limits::{MAX_LABEL_VALUE_BYTES, MAX_LABELS, MAX_NAME_BYTES, MAX_SOURCE_BYTES};
use watchkeeper_domain::{Aggregate, RangeQuery, RollupQuery, Severity, Window};
use watchkeeper_query::{MAX_BARS, MAX_CURSOR_BYTES, MAX_FIELD_BYTES, MAX_ZONE_BYTES};
use watchkeeper_rules::MAX_RULE_NAME_BYTES;
use watchkeeper_wire::json::AlertJson;

/// The parameters of a series filter.
pub(super) fn filter() -> [Parameter; 3] {
    let text = |most| text().min_length(Some(1)).max_length(Some(most));
    [
        described("source", "Only series with this source.", text(MAX_SOURCE_BYTES), json!("github")),
        described("name", "Only series with this name.", text(MAX_NAME_BYTES), json!("stargazers_count")),
        labels(),
    ]
}

/// `label.KEY=VALUE`, any number of times: an object in form style, exploded.
fn labels() -> Parameter {
    let value = ObjectBuilder::new().schema_type(Type::String).max_length(Some(MAX_LABEL_VALUE_BYTES));
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(format!("^{}.", LABEL.replace('.', "\\."))));
    let schema = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property_names(Some(name.build()))
        .additional_properties(Some(value))
        .max_properties(Some(MAX_LABELS));
    let description = "Only series with these labels: `label.KEY=VALUE` for each.";
    query("label", description, schema, json!({ "label.repository": "golang/go" }))
        .style(Some(ParameterStyle::Form))
        .explode(Some(true))
        .build()
}

/// A limit.
pub(super) fn count(name: &str, description: &str, count: Count) -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(count.most))
        .default(Some(json!(count.default)));
    described(name, description, schema, json!(count.default))
}

/// A limit that is 0 if it is omitted.
pub(super) fn at_most(name: &str, description: &str, count: Count) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(count.most));
    described(name, description, schema, json!(5))
}

/// The page token.
pub(super) fn page() -> Parameter {
    let description = "`next_page` of the previous page.";
    query("page", description, text().max_length(Some(MAX_CURSOR_BYTES)), Value::Null).example(None).build()
}

/// A time.
pub(super) fn instant(name: &str, description: &str) -> Parameter {
    let description =
        format!("{description} An RFC 3339 time, or a duration before now such as `1h` or `-1h`.");
    described(name, &description, text(), json!("2026-11-20T10:00:00Z"))
}

/// The window length.
pub(super) fn step() -> Parameter {
    let description = format!(
        "Window length, in whole seconds with a unit: `30s`, `5m`, `1h`, `1d`. Windows are aligned to \
         1970-01-01T00:00:00Z; a range has at most {} of them. If omitted, the shortest round step that gives at \
         most {MAX_CHOSEN_WINDOWS}.",
        RangeQuery::MAX_POINTS,
    );
    described("step", &description, text(), json!("1m"))
}

/// A query of events.
pub(super) fn event_query() -> Parameter {
    let description = "Only events that match. Terms side by side must all hold: `word`, `\"two words\"`, `field=value`, \
                       `field=val*`, `field=*`, `field=~\"regex\"`, `field>=500`, `level>=warn`, `-term`, `one OR other`, \
                       `( … )`; all events if omitted.";
    described("query", description, text().max_length(Some(MAX_FILTER_BYTES)), json!("service=shop"))
}

/// The order of events.
pub(super) fn order() -> Parameter {
    let schema = text().enum_values(Some(["newest", "oldest"])).default(Some(json!("newest")));
    described("order", "Which events come first.", schema, json!("oldest"))
}

/// The cursor of a page of events.
pub(super) fn after() -> Parameter {
    let description = "`next` of the previous page; with the query and the order of the first page.";
    query("after", description, text().max_length(Some(MAX_CURSOR_BYTES)), Value::Null).example(None).build()
}

/// The length of bars.
pub(super) fn bar_step() -> Parameter {
    let description = format!(
        "Length of a bar: whole seconds that divide a day, such as `1s`, `5m` or `6h`, or whole days; at most {MAX_BARS} \
         bars. If omitted, the shortest round one that gives at most `bars`."
    );
    described("step", &description, text(), json!("5m"))
}

/// The time zone of bars.
pub(super) fn zone() -> Parameter {
    let schema = text().min_length(Some(1)).max_length(Some(MAX_ZONE_BYTES)).default(Some(json!("UTC")));
    let description = "Time zone at whose round times bars begin: a name of the IANA database.";
    described("zone", description, schema, json!("Europe/Berlin"))
}

/// A field of events.
pub(super) fn field(most: usize) -> Parameter {
    let schema = text().min_length(Some(1)).max_length(Some(most)).default(Some(json!("service")));
    described("field", "The field, as in a query: `service`, `status`, `ctx.user`.", schema, json!("status"))
}

/// The beginning of names or values.
pub(super) fn prefix(what: &str, example: &str) -> Parameter {
    let description = format!("Only {what} that begin so.");
    described("prefix", &description, text().max_length(Some(MAX_FIELD_BYTES)), json!(example))
}

/// The name of a count.
pub(super) fn count_name() -> Parameter {
    let schema = text().default(Some(json!(EVENTS)));
    let description = "Which count: that of all stored events, or one that a pipeline makes.";
    described("name", description, schema, json!(EVENTS))
}

/// The format of an export.
pub(super) fn format<const N: usize>(description: &str, names: [&'static str; N]) -> Parameter {
    let schema = text().enum_values(Some(names)).default(Some(json!(names[0])));
    described("format", description, schema, json!("csv"))
}

/// The length of the windows of rollups.
pub(super) fn window() -> Parameter {
    let names = Window::ALL.map(Window::name);
    let schema = text().enum_values(Some(names)).default(Some(json!(Window::Hour.name())));
    let description = format!(
        "Window length; windows are aligned to UTC. At most {} windows per series.",
        RollupQuery::MAX_WINDOWS,
    );
    described("window", &description, schema, json!(Window::Day.name()))
}

/// The aggregate.
pub(super) fn aggregate() -> Parameter {
    let names = Aggregate::ALL.map(Aggregate::name);
    let schema = text().enum_values(Some(names)).default(Some(json!(Aggregate::Avg.name())));
    described("aggregate", "Aggregate of the values in a window.", schema, json!(Aggregate::Max.name()))
}

/// The alerts of one rule.
pub(super) fn rule() -> Parameter {
    let schema = text().min_length(Some(1)).max_length(Some(MAX_RULE_NAME_BYTES));
    described("rule", "Only alerts of this rule.", schema, json!("site_down"))
}

/// The alerts of one severity.
pub(super) fn severity() -> Parameter {
    let schema = text().enum_values(Some(Severity::ALL.map(Severity::name)));
    described("severity", "Only alerts of this severity.", schema, json!(Severity::Critical.name()))
}

/// Firing or cleared alerts.
pub(super) fn state() -> Parameter {
    let schema = text().enum_values(Some(AlertJson::STATES));
    let description =
        "Only firing, only recently cleared or only pending alerts; firing and cleared ones if omitted.";
    described("state", description, schema, json!(AlertJson::STATES[0]))
}

/// A boolean, false by default.
pub(super) fn flag(name: &str, description: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::Boolean).default(Some(json!(false)));
    described(name, description, schema, json!(true))
}

/// The name of a parameter in error messages.
pub(super) fn name_of(parameter: &Parameter) -> String {
    match &*parameter.name {
        "label" => format!("{LABEL}KEY"),
        name => name.to_owned(),
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn described(name: &str, description: &str, schema: ObjectBuilder, example: Value) -> Parameter {
    query(name, description, schema, example).build()
}

fn query(name: &str, description: &str, schema: ObjectBuilder, example: Value) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .example(Some(example))
}
