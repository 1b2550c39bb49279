//! The examples of the guide, as they stand there, against a running service.

use std::path::Path;
use std::process::Command;

use mls_hsm_signer::encoding::base64;
use serde_json::Value;

use crate::support::programs::program;
use crate::support::{Service, Setup, item, message};

/// The blocks of the guide in a language.
fn examples(language: &str) -> Vec<String> {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let fence = format!("```{language}\n");
    let blocks = guide.split(&fence).skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap().to_owned());
    blocks.collect()
}

#[test]
fn the_curl_examples_work() {
    program("curl", "curl");
    let service = Setup::new().start();
    let mut run = 0;
    for block in examples("sh")
        .iter()
        .filter(|block| block.contains("curl "))
    {
        let output = Command::new("sh")
            .args(["-euc", block])
            .env("SOCKET", service.setup.socket())
            .output()
            .unwrap();
        assert!(output.status.success(), "{block}\n{output:?}");
        let answer: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {block}\n{output:?}"));
        assert!(answer.get("code").is_none(), "{block}\n{answer}");
        run += 1;
    }
    assert_eq!(run, 3);
}

/// A program around the example: it removes two leaves of a group over the Unix socket and
/// prints the results.
const GO_MAIN: &str = r#"package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"

	"example/removal"
)

func main() {
	dial := func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", os.Getenv("SOCKET"))
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial}}
	removals := []removal.Removal{
		{GroupID: []byte("group"), Epoch: 7, LeafIndex: 3, Ciphersuite: 1},
		{GroupID: []byte("group"), Epoch: 7, LeafIndex: 4, Ciphersuite: 1},
	}
	results, err := removal.Remove(client, "http://signer", removals)
	if err != nil {
		panic(err)
	}
	if _, err := removal.Remove(client, "http://signer", nil); err == nil {
		panic("an empty batch was not refused")
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		panic(err)
	}
}
"#;

#[test]
fn the_go_example_works() {
    let [example] = examples("go").try_into().unwrap();
    let service = Setup::new().start();
    let source = service.setup.sandbox.path("go");
    std::fs::create_dir_all(source.join("removal")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(source.join(name), text).unwrap();
    write("go.mod", "module example\n\ngo 1.19\n");
    write("removal/removal.go", &example);
    write("main.go", GO_MAIN);
    let output = go(&service)
        .args(["run", "."])
        .current_dir(&source)
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let results: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(results.len(), 2);
    for (leaf, result) in (3..).zip(&results) {
        assert_is_ours(&service, leaf, result);
    }
    let vetted = go(&service)
        .args(["vet", "./..."])
        .current_dir(&source)
        .output();
    assert!(vetted.unwrap().status.success());
}

/// Go without a network; what it builds of its library is kept for the next run.
fn go(service: &Service) -> Command {
    let mut go = program("go", "golang-go");
    go.env("SOCKET", service.setup.socket())
        .env("GOCACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("go"))
        .envs([
            ("GOFLAGS", "-mod=mod"),
            ("GOPROXY", "off"),
            ("GOTOOLCHAIN", "local"),
        ]);
    go
}

/// A program around the example, as the one in Go.
const HASKELL_MAIN: &str = r#"{-# LANGUAGE OverloadedStrings #-}
module Main (main) where

import qualified Data.Aeson as Aeson
import qualified Data.ByteString.Lazy.Char8 as Lazy
import Network.HTTP.Client
import Network.Socket
import Network.Socket.ByteString (recv, sendAll)
import RemovalSigner (remove)
import System.Environment (getEnv)

main :: IO ()
main = do
  place <- getEnv "SOCKET"
  let dial _ _ _ = do
        unix <- socket AF_UNIX Stream defaultProtocol
        connect unix (SockAddrUnix place)
        makeConnection (recv unix 8192) (sendAll unix) (close unix)
  manager <- newManager defaultManagerSettings { managerRawConnection = return dial }
  service <- parseRequest "http://signer"
  answers <- mapM (\leaf -> remove manager service "group" 7 leaf 1) [3, 4]
  either fail (Lazy.putStrLn . Aeson.encode) (sequence answers)
"#;

/// The compiler and the libraries that the example names take gigabytes.
#[test]
#[ignore = "`cargo xtask test haskell` installs a compiler"]
fn the_haskell_example_works() {
    let [example] = examples("haskell").try_into().unwrap();
    let service = Setup::new().start();
    let source = service.setup.sandbox.path("haskell");
    std::fs::create_dir(&source).unwrap();
    std::fs::write(source.join("RemovalSigner.hs"), example).unwrap();
    std::fs::write(source.join("Main.hs"), HASKELL_MAIN).unwrap();
    let mut compile = program("ghc", "ghc");
    compile.args(["-Wall", "-Werror", "Main.hs"]);
    let compiled = compile.current_dir(&source).output().unwrap();
    let said = String::from_utf8_lossy(&compiled.stderr);
    assert!(compiled.status.success(), "{said}");
    let mut program = Command::new(source.join("Main"));
    let output = program.env("SOCKET", service.setup.socket()).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), 2);
    for (leaf, answer) in (3..).zip(&answers) {
        assert_is_ours(&service, leaf, &answer["results"][0]);
    }
}

/// The same removal gets the same bytes, whoever asks.
fn assert_is_ours(service: &Service, leaf: u32, result: &Value) {
    let removal = vec![item("ed25519", "group", leaf)];
    let ours = service.propose(removal).unwrap();
    assert_eq!(result["status"], "signed");
    assert_eq!(result["message"], base64(&message(&ours[0])), "leaf {leaf}");
}
