//! Text for terminals.

/// `text` in lines of less than a hundred characters, `indent` before each.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > 0 && indent + line + word.chars().count() > 96 {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    let indent = " ".repeat(indent);
    let indented: Vec<String> = lines.iter().map(|line| format!("{indent}{line}")).collect();
    indented.join("\n")
}
