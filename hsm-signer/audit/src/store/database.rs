//! One form of a statement for both databases, which take the same form of parameters.

/// Evaluates `$run` with `$connection`, whichever database `$place`, a `$kind`, is of;
/// `$dialect` is the module that has what the database says in its own way.
macro_rules! on {
    ($kind:ident, $place:expr, |$dialect:ident, $connection:ident| $run:expr) => {
        match $place {
            $kind::Sqlite($connection) => {
                #[allow(unused_imports)]
                use $crate::store::sqlite as $dialect;
                $run
            }
            #[cfg(feature = "postgres")]
            $kind::Postgres($connection) => {
                #[allow(unused_imports)]
                use $crate::store::postgres as $dialect;
                $run
            }
        }
    };
}
pub(super) use on;
