//! `mls_wasm_bindgen MODULE FOLDER`: the module with its JavaScript, for Node.js.
//!
//! The library of the `wasm-bindgen` command, of the version that the lock file gives the
//! module: the two have to be the same.

use std::env;
use std::error::Error;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [module, folder] = &arguments[..] else {
        return Err("usage: mls_wasm_bindgen MODULE FOLDER".into());
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).nodejs(true)?.typescript(false);
    bindgen.generate(folder)?;
    Ok(())
}
