//! Where the functions of a type stand.

use crate::circles::ancestry;
use crate::modules::Module;
use crate::names::resolve;

/// Every inherent `impl` that is neither in the file of its type nor in a file below that.
pub fn scattered(modules: &[Module]) -> Vec<String> {
    let mut scattered = Vec::new();
    for (index, module) in modules.iter().enumerate() {
        for own in &module.inherent {
            for definer in resolve(modules, index, own).definers {
                let home = modules[definer].file;
                if !ancestry(modules, module.file).contains(&home) {
                    let (here, home) = (&module.path, &modules[home].path);
                    scattered.push(format!("{} of {home} in {here}", own.join("::")));
                }
            }
        }
    }
    scattered
}
