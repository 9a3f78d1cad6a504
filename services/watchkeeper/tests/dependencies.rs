//! Dependencies point one way.

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// What a crate of the house may depend on, its tests aside. A role may use neither an adapter nor
/// another role.
fn allowed(name: &str) -> &'static [&'static str] {
    match name {
        "domain" | "import" => &[],
        "ports" | "config" => &["domain"],
        "http-client" => &["domain", "config"],
        "wire" | "mail" | "port-contract" => &["domain", "ports"],
        "runtime" | "rules" => &["domain", "ports", "config"],
        "pipelines" => &["domain", "ports", "config", "wire"],
        "adapter-ingest" => &["ports", "config", "http-client", "wire"],
        adapter if adapter.starts_with("adapter-") => &["domain", "ports", "config", "wire", "mail"],
        "test-kit" => &["domain", "ports", "wire", "runtime", "adapter-embedded"],
        "migrate" => &["domain", "ports", "wire"],
        "letters" | "persistence" => &["domain", "ports", "wire", "runtime"],
        "query" => &["domain", "ports", "config", "wire", "rules"],
        "spool" => &["domain", "ports", "config", "wire", "runtime"],
        _ => &[
            "domain",
            "ports",
            "config",
            "http-client",
            "wire",
            "runtime",
            "rules",
            "pipelines",
            "letters",
            "persistence",
            "query",
            "spool",
        ],
    }
}

/// A role may be tested with the kit on the embedded backend, an adapter by its contract, and the api beside the pages:
/// they give the same answers.
fn allowed_in_tests(name: &str, on: &str) -> bool {
    matches!(on, "adapter-embedded" | "port-contract" | "test-kit")
        || (name, on) == ("api", "console")
        || allowed("role").contains(&on)
}

fn house_name(package: &str) -> Option<&str> {
    package.strip_prefix("watchkeeper-")
}

fn crates_of_the_house() -> Vec<Package> {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo knows the workspace");
    metadata.packages.into_iter().filter(|package| house_name(&package.name).is_some()).collect()
}

#[test]
fn dependencies_point_one_way() {
    let mut wrong = Vec::new();
    for package in crates_of_the_house() {
        let name = house_name(&package.name).expect("filtered by it").to_owned();
        for dependency in &package.dependencies {
            let on = house_name(&dependency.name).unwrap_or(&dependency.name);
            if on == dependency.name && on != "watchkeeper" {
                continue;
            }
            let is_allowed = allowed(&name).contains(&on)
                || (dependency.kind == DependencyKind::Development && allowed_in_tests(&name, on));
            if !is_allowed {
                wrong.push(format!("{name} -> {on} ({})", dependency.kind));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_crate_is_named_after_its_directory() {
    for package in crates_of_the_house() {
        let directory = package.manifest_path.parent().and_then(|dir| dir.file_name());
        assert_eq!(directory, house_name(&package.name), "{}", package.manifest_path);
    }
}
