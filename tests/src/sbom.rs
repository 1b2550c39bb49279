//! A bill of materials in CycloneDX 1.5 of a program that is linked with the FIPS module: the
//! crates as Cargo resolves them for it, and the module itself.

use std::{collections::BTreeMap, path::Path, process::Command};

use mls_fips::Module;
use serde_json::{Value, json};

/// Why there is no bill of materials.
#[derive(Debug)]
pub struct SbomError(String);

impl std::fmt::Display for SbomError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "no bill of materials: {}", self.0)
    }
}

impl std::error::Error for SbomError {}

/// A crate of the tree, with the crates that it depends on.
#[derive(Default)]
struct Crate {
    license: String,
    depends_on: Vec<Name>,
}

/// Name and version.
type Name = (String, String);

/// The bill of materials of `package` of the workspace at `workspace`, built with the
/// features that this program was built with.
///
/// # Errors
/// [`SbomError`] if `cargo tree` fails, says what it never says, or no FIPS module is linked.
pub fn sbom(workspace: &Path, package: &str) -> Result<Value, SbomError> {
    let module = Module::linked();
    let version = module.version.clone();
    let version = version.ok_or(SbomError("no FIPS module is linked".into()))?;
    let (root, crates) = parse(&tree(workspace, package)?)?;
    let lock = std::fs::read_to_string(workspace.join("Cargo.lock"));
    let checksums = checksums(&lock.map_err(|error| SbomError(error.to_string()))?);
    let others = crates.iter().filter(|(name, _)| **name != root);
    let mut components: Vec<Value> = others
        .map(|(name, found)| component(name, found, checksums.get(name)))
        .collect();
    components.push(module_component(&module, &version));
    let mut dependencies: Vec<Value> = crates.iter().map(dependency).collect();
    dependencies.push(json!({ "ref": module_reference(&version), "dependsOn": [] }));
    for found in &mut dependencies {
        let is_source = found["ref"]
            .as_str()
            .is_some_and(|name| name.contains("/aws-lc-fips-sys@"));
        if let (true, Some(depends_on)) = (is_source, found["dependsOn"].as_array_mut()) {
            depends_on.push(module_reference(&version).into());
        }
    }
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "bom-ref": reference(&root),
            "name": root.0,
            "version": root.1,
            "purl": reference(&root),
        } },
        "components": components,
        "dependencies": dependencies,
    }))
}

/// What Cargo builds and the linker leaves out. rustls asks for the other AWS-LC whatever else is
/// asked for; no crate names it, so it is in no program, which the tests of the symbols show.
const NOT_LINKED: [&str; 1] = ["aws-lc-sys"];

/// What Cargo links and builds with: `depth|name vVersion ...|license`, a line for each place.
fn tree(workspace: &Path, package: &str) -> Result<String, SbomError> {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace)
        .args([
            "tree",
            "--locked",
            "--no-default-features",
            "--features",
            "fips",
        ])
        .args([
            "--edges",
            "normal,build",
            "--prefix",
            "depth",
            "--format",
            "|{p}|{l}",
        ])
        .args(["--package", package])
        .output()
        .map_err(|error| SbomError(error.to_string()))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(SbomError(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )),
    }
}

/// The root, and all crates with their edges.
fn parse(tree: &str) -> Result<(Name, BTreeMap<Name, Crate>), SbomError> {
    let mut crates: BTreeMap<Name, Crate> = BTreeMap::new();
    let mut path: Vec<Name> = Vec::new();
    for line in tree.lines() {
        let read = line_of(line).ok_or_else(|| SbomError(format!("cargo tree: {line}")))?;
        let (depth, name, license) = read;
        crates.entry(name.clone()).or_default().license = license;
        path.truncate(depth);
        if let Some(parent) = path.last().and_then(|parent| crates.get_mut(parent))
            && !parent.depends_on.contains(&name)
        {
            parent.depends_on.push(name.clone());
        }
        path.push(name);
    }
    let root = path.first().cloned();
    Ok((
        root.ok_or(SbomError("cargo tree said nothing".into()))?,
        crates,
    ))
}

fn line_of(line: &str) -> Option<(usize, Name, String)> {
    let mut parts = line.split('|');
    let depth = parts.next()?.parse().ok()?;
    let mut package = parts.next()?.split(' ');
    let name = package.next()?.to_owned();
    let version = package.next()?.strip_prefix('v')?.to_owned();
    let license = parts.next()?.trim_end_matches(" (*)").trim().to_owned();
    Some((depth, (name, version), license))
}

/// The SHA-256 of each crate's package, from the lock file.
fn checksums(lock: &str) -> BTreeMap<Name, String> {
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key));
        line.map(|line| line.trim_matches([' ', '=', '"']).to_owned())
    };
    lock.split("[[package]]")
        .filter_map(|package| {
            let name = (value(package, "name")?, value(package, "version")?);
            Some((name, value(package, "checksum")?))
        })
        .collect()
}

fn reference((name, version): &Name) -> String {
    format!("pkg:cargo/{name}@{version}")
}

fn module_reference(version: &str) -> String {
    format!("pkg:generic/aws-lc-fips@{version}")
}

fn component(name: &Name, found: &Crate, checksum: Option<&String>) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(name),
        "name": name.0,
        "version": name.1,
        "purl": reference(name),
    });
    if NOT_LINKED.contains(&name.0.as_str()) {
        component["scope"] = "excluded".into();
    }
    if !found.license.is_empty() {
        component["licenses"] = json!([{ "expression": found.license.replace('/', " OR ") }]);
    }
    if let Some(checksum) = checksum {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

/// The module is compiled from the sources in `aws-lc-fips-sys`.
fn module_component(module: &Module, version: &str) -> Value {
    let entry = module.certificate().and_then(|row| row.entry);
    let certificate = entry.map_or("none".into(), |entry| format!("CMVP #{}", entry.number));
    json!({
        "type": "library",
        "bom-ref": module_reference(version),
        "name": "AWS-LC FIPS",
        "version": version,
        "purl": module_reference(version),
        "properties": [
            { "name": "mls_fips:status", "value": format!("{:?}", module.status()) },
            { "name": "mls_fips:certificate", "value": certificate },
        ],
    })
}

fn dependency((name, found): (&Name, &Crate)) -> Value {
    let depends_on: Vec<String> = found.depends_on.iter().map(reference).collect();
    json!({ "ref": reference(name), "dependsOn": depends_on })
}
