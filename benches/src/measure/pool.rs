//! The threads that a trial may use.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{BenchError, scenario::Trial};

/// A pool of threads. Whatever a trial does in parallel, it does on them.
#[derive(Clone, Debug, Default)]
pub struct Pool(Option<Arc<ThreadPool>>);

impl Pool {
    /// A pool of as many `threads`.
    ///
    /// # Errors
    ///
    /// [`BenchError::Threads`] if the system does not give them.
    pub fn of(threads: NonZeroUsize) -> Result<Self, BenchError> {
        let pool = ThreadPoolBuilder::new().num_threads(threads.get()).build();
        let pool = pool.map_err(|error| BenchError::Threads(error.to_string()))?;
        Ok(Self(Some(Arc::new(pool))))
    }

    /// The number of threads; `None` for the process's own pool, as many as the CPU has.
    pub fn threads(&self) -> Option<usize> {
        self.0.as_ref().map(|pool| pool.current_num_threads())
    }

    /// Does `work` on the threads of this pool.
    pub(crate) fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.0 {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// `trial` on the threads of this pool.
    pub(super) fn run(&self, trial: Box<dyn Trial>) -> Box<dyn Trial> {
        match &self.0 {
            Some(pool) => Box::new(InPool {
                pool: Arc::clone(pool),
                trial,
            }),
            None => trial,
        }
    }
}

struct InPool {
    pool: Arc<ThreadPool>,
    trial: Box<dyn Trial>,
}

impl Trial for InPool {
    fn run(&mut self, iterations: u64) -> Result<Duration, BenchError> {
        self.pool.install(|| self.trial.run(iterations))
    }

    fn least_iterations(&self) -> u64 {
        self.trial.least_iterations()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A trial that takes as many seconds as it has threads.
    struct Threads;

    impl Trial for Threads {
        fn run(&mut self, _iterations: u64) -> Result<Duration, BenchError> {
            Ok(Duration::from_secs(rayon::current_num_threads() as u64))
        }

        fn least_iterations(&self) -> u64 {
            5
        }
    }

    #[test]
    fn a_trial_has_the_threads_of_its_pool() {
        for threads in [1, 3] {
            let pool = Pool::of(NonZeroUsize::new(threads).unwrap()).unwrap();
            assert_eq!(pool.threads(), Some(threads));
            let mut trial = pool.run(Box::new(Threads));
            let elapsed = trial.run(1).unwrap();
            assert_eq!(elapsed, Duration::from_secs(threads as u64));
            assert_eq!(trial.least_iterations(), 5);
        }
        assert_eq!(Pool::default().threads(), None);
    }
}
