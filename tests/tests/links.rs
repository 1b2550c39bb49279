//! Every link between the documents leads to a file that there is, and to a heading that it has.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing of ours.
const NOT_OURS: [&str; 2] = [".git", "target"];

/// The documents below a folder.
fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && !path.is_symlink() {
            if !NOT_OURS.iter().any(|other| name == *other) {
                documents(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// The text without blocks of code.
fn prose(text: &str) -> String {
    let mut in_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        match line.trim_start().starts_with("```") {
            true => in_code = !in_code,
            false if !in_code => lines.push(line),
            false => {}
        }
    }
    lines.join("\n")
}

/// What stands in the parentheses of the links, but for addresses and for names of Rust, which rustdoc
/// looks up where the document is a part of a crate's.
fn links(prose: &str) -> impl Iterator<Item = &str> {
    let after = prose.split("](").skip(1);
    let links = after.filter_map(|text| text.split_once(')').map(|(link, _)| link));
    links.filter(|link| !link.contains("://") && !link.contains("::"))
}

/// The fragment by which hosts of repositories address a heading.
fn fragment(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let text: String = heading.trim().chars().filter(kept).collect();
    text.to_lowercase().replace(' ', "-")
}

fn fragments(document: &Path) -> HashSet<String> {
    let prose = prose(&fs::read_to_string(document).expect("a document"));
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| fragment(line.trim_start_matches('#')))
        .collect()
}

/// What is wrong with a link of a document to another place of the repository.
fn wrong(document: &Path, link: &str) -> Option<String> {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = match path {
        "" => document.to_owned(),
        path => document.parent().expect("its folder").join(path),
    };
    if !target.exists() {
        return Some(format!("there is no {path}"));
    }
    let lacks = !heading.is_empty() && !fragments(&target).contains(heading);
    lacks.then(|| format!("{} has no heading {heading}", target.display()))
}

#[test]
fn every_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = Vec::new();
    documents(&root, &mut all);
    let (mut checked, mut broken) = (0, Vec::new());
    for document in &all {
        let prose = prose(&fs::read_to_string(document).expect("a document"));
        for link in links(&prose) {
            let found = wrong(document, link);
            broken.extend(found.map(|why| format!("{}: {why}", document.display())));
            checked += 1;
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    println!("{checked} links in {} documents", all.len());
    assert!(checked > 50, "{checked}");
}

#[test]
fn what_leads_nowhere_is_found() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    assert_eq!(wrong(&readme, "LIMITS.md"), None);
    assert_eq!(wrong(&readme, "#the-signer"), None);
    assert!(wrong(&readme, "NOTHING.md").is_some());
    assert!(wrong(&readme, "LIMITS.md#nothing").is_some());
}
