//! Commands run one after the other; what they wait for, a service or a database, is async.

use crate::failure::Failure;

/// Runs `work` to its end.
pub fn wait<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, Failure>
where
    Failure: From<E>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    Ok(runtime.block_on(work)?)
}
