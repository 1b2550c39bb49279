//! The lanes as a release has them, without a second build of all that they are tested with.

use crate::command::Command;
use crate::selection::LANES;

/// What the workspace's release profile says of the lanes.
const AS_RELEASED: [&str; 4] = [
    "opt-level=3",
    "codegen-units=1",
    "debug-assertions=false",
    "overflow-checks=false",
];

/// Cargo's command, which builds the lanes in this way.
pub fn as_released(command: Command) -> Command {
    AS_RELEASED.iter().fold(command, |command, setting| {
        let setting = format!("profile.dev.package.{LANES}.{setting}");
        command.argument("--config").argument(setting)
    })
}
