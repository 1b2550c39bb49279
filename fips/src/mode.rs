//! Whether this process can be in FIPS mode at all.

use std::sync::OnceLock;

use crate::{FipsError, Module, backend, requirement, self_test};

/// Whether the FIPS module is linked, alone, of a version that is known, and has passed its
/// tests, and no provider has [registered](crate::register) another library. The tests run once in a
/// process, at the first call.
///
/// # Errors
/// [`FipsError`]: what is missing and what to do.
pub fn ready() -> Result<(), FipsError> {
    requirement::check()?;
    static READY: OnceLock<Result<(), FipsError>> = OnceLock::new();
    READY
        .get_or_init(|| {
            check_module(&Module::linked())?;
            self_test().error().map_or(Ok(()), Err)
        })
        .clone()?;
    backend::check()
}

fn check_module(module: &Module) -> Result<(), FipsError> {
    if !module.is_fips {
        return Err(FipsError::NotLinked);
    }
    if !module.is_alone {
        return Err(FipsError::NotAlone);
    }
    match module.certificate() {
        Some(_) => Ok(()),
        None => Err(FipsError::UnknownModule {
            version: module.version.clone().unwrap_or_default(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(is_fips: bool, is_alone: bool, version: Option<&str>) -> Module {
        Module {
            is_fips,
            is_alone,
            version: version.map(String::from),
        }
    }

    #[test]
    fn everything_has_to_hold() {
        let unknown = |version: &str| {
            let version = version.into();
            Err(FipsError::UnknownModule { version })
        };
        for (module, expected) in [
            (module(true, true, Some("3.1.0")), Ok(())),
            (module(true, true, Some("4.2.0")), Ok(())),
            (module(true, true, Some("3.6.0")), unknown("3.6.0")),
            (module(true, true, None), unknown("")),
            (module(true, false, Some("3.1.0")), Err(FipsError::NotAlone)),
            (module(false, true, None), Err(FipsError::NotLinked)),
        ] {
            assert_eq!(check_module(&module), expected, "{module:?}");
        }
    }

    #[test]
    fn this_build_is_ready_as_its_features_say() {
        let expected = match cfg!(feature = "fips") {
            true => Ok(()),
            false => Err(FipsError::NotLinked),
        };
        assert_eq!(ready(), expected);
    }
}
