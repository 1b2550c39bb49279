//! Headless Chromium, as far as a page needs it.

use std::{fs, path::PathBuf, process::Command};

/// Width and height of the window, in CSS pixels.
pub type Size = (u32, u32);

/// A large screen.
pub const SCREEN: Size = (1280, 900);

/// A phone's screen.
pub const PHONE: Size = (390, 844);

const PROGRAM: &str = "chromium";

/// Around the page: Chromium makes no window as narrow as a phone, and so the page stands
/// in a frame of its width.
const FRAME: &str = r#"<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<body style="margin:0"><iframe src="page.html" style="border:0;width:WIDTHpx;height:HEIGHTpx"></iframe>
<script>
addEventListener("message", (event) => document.body.setAttribute("data-seen", event.data));
</script></body>"#;

/// Opens `page` in a frame of this size, waits until its scripts are done, and returns
/// the elements around it as HTML, and what was written to the console.
pub fn open(name: &str, page: &str, size: Size) -> (String, Vec<String>) {
    let folder = folder(&format!("{name}-{}", size.0));
    fs::write(folder.join("page.html"), page).unwrap();
    let path = folder.join("frame.html");
    let (width, height) = (size.0.to_string(), size.1.to_string());
    fs::write(
        &path,
        FRAME.replace("WIDTH", &width).replace("HEIGHT", &height),
    )
    .unwrap();
    let output = Command::new(PROGRAM)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-extensions",
        ])
        .args([
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
        ])
        .args(["--enable-logging=stderr", "--log-level=0", "--dump-dom"])
        // In the page's own time, which stands still while it loads.
        .args([
            "--virtual-time-budget=30000",
            "--host-resolver-rules=MAP * ~NOTFOUND",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg(format!("--window-size={},{}", size.0.max(500), size.1))
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap_or_else(|error| panic!("{PROGRAM}: {error} (apt-get install chromium)"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let console = said.lines().filter(|line| line.contains("CONSOLE"));
    let console = console.map(str::to_owned).collect();
    fs::remove_dir_all(&folder).unwrap();
    (String::from_utf8(output.stdout).unwrap(), console)
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}
