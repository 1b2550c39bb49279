//! What the process takes of the machine, under the names that Prometheus' own libraries give it.

use std::fmt::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use procfs::process::{LimitValue, Process, Stat};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// Read from /proc at each scrape; what cannot be read is left out.
#[derive(Debug)]
pub struct ProcessMetrics {
    /// In seconds since 1970 (UTC). The system's own time of it is not to be had where /proc shows
    /// processes alone.
    started: f64,
}

impl ProcessMetrics {
    /// Of this process, which starts now.
    pub fn started_now() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            started: now.unwrap_or_default().as_secs_f64(),
        }
    }
}

impl Collector for ProcessMetrics {
    fn encode(&self, mut to: DescriptorEncoder) -> Result<(), Error> {
        let help = "When the process started, in seconds since 1970";
        let started = ConstGauge::new(self.started);
        one(
            &mut to,
            "process_start_time",
            help,
            Some(Unit::Seconds),
            &started,
        )?;
        let Ok(process) = Process::myself() else {
            return Ok(());
        };
        if let Ok(stat) = process.stat() {
            of_stat(&mut to, &stat)?;
        }
        if let Ok(open) = process.fd_count() {
            let help = "Open file descriptors";
            one(
                &mut to,
                "process_open_fds",
                help,
                None,
                &ConstGauge::new(open),
            )?;
        }
        if let Ok(limits) = process.limits()
            && let LimitValue::Value(most) = limits.max_open_files.soft_limit
        {
            let help = "The most open file descriptors";
            one(
                &mut to,
                "process_max_fds",
                help,
                None,
                &ConstGauge::new(most),
            )?;
        }
        Ok(())
    }
}

fn of_stat(to: &mut DescriptorEncoder, stat: &Stat) -> Result<(), Error> {
    let ticks = (stat.utime + stat.stime) as f64;
    let time = ConstCounter::new(ticks / procfs::ticks_per_second() as f64);
    let help = "User and system time";
    one(to, "process_cpu", help, Some(Unit::Seconds), &time)?;
    let virtual_memory = ConstGauge::new(stat.vsize);
    let help = "Virtual memory";
    one(
        to,
        "process_virtual_memory",
        help,
        Some(Unit::Bytes),
        &virtual_memory,
    )?;
    let resident = ConstGauge::new(stat.rss * procfs::page_size());
    let help = "Memory that is in use";
    one(
        to,
        "process_resident_memory",
        help,
        Some(Unit::Bytes),
        &resident,
    )?;
    let threads = ConstGauge::new(stat.num_threads);
    one(to, "process_threads", "Threads", None, &threads)
}

fn one(
    to: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    unit: Option<Unit>,
    value: &impl EncodeMetric,
) -> Result<(), Error> {
    value.encode(to.encode_descriptor(name, help, unit.as_ref(), value.metric_type())?)
}
