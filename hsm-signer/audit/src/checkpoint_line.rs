//! Checkpoints as they leave the database: one on a line, which may have other text around it, as
//! in a log.

use mls_signer_message::encoding::{base64, from_base64};

use crate::lines::Line;
use crate::statement::SignedStatement;

/// What stands before a statement, which follows in base64 as a line of an export.
pub const CHECKPOINT_MARK: &str = "mls-checkpoint:";

/// How an export's lines begin that are statements.
const EXPORTED: &str = r#"{"type":"statement","#;

/// A statement on one line, whole.
pub fn checkpoint_line(signed: &SignedStatement) -> String {
    let line = Line::Statement(signed.clone()).write().unwrap_or_default();
    format!("{CHECKPOINT_MARK}{}", base64(line.as_bytes()))
}

/// The statement on a line: of a log, of a sink, or of an export. `None` where there is none,
/// or one that was not written to its end.
pub fn find_checkpoint(line: &str) -> Option<SignedStatement> {
    let line = if line.starts_with(EXPORTED) {
        line.to_owned()
    } else {
        let (_, after) = line.split_once(CHECKPOINT_MARK)?;
        let end = |c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c);
        let text = after.split(end).next()?;
        String::from_utf8(from_base64(text)?).ok()?
    };
    match Line::read(&line).ok()? {
        Line::Statement(signed) => Some(signed),
        _ => None,
    }
}
