//! The OpenAPI document, generated from the handlers.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use mls_signer_api::{KeyFormat, KeySchemes, NoQuery, ProblemDetails, SignedProposal};
use utoipa::openapi::schema::{Discriminator, Object, ObjectBuilder, OneOfBuilder, Schema};
use utoipa::openapi::security::{SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, Ref, RefOr};
use utoipa::{Modify, OpenApi, PartialSchema};

use super::extract::{Identified, MaybeQuery};
use super::{audit, keys, removals, status};
use crate::problem::{KINDS, Problem};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "MLS removal signer",
        description = "Signs external Remove proposals (RFC 9420, section 12.1.8.1) with keys in an HSM, \
                       and nothing else. The same removal gets the same bytes for ever. Callers are \
                       known by their user id on a Unix socket or by their certificate over mutual TLS."
    ),
    paths(
        removals::propose,
        keys::public_keys,
        keys::list,
        audit::head,
        audit::records,
        audit::statements,
        status::alive,
        status::ready,
        status::metrics,
    ),
    modifiers(&WhoCalls, &ChoicesInQueries, &ResultsByStatus, &ProblemCodes),
)]
struct Document;

/// A certificate over TLS; nothing in the request on a Unix socket.
struct WhoCalls;

impl Modify for WhoCalls {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::MutualTls {
            description: Some(
                "The certificate of a caller of the configuration. On the Unix socket the kernel \
                 says who calls."
                    .into(),
            ),
            deprecated: None,
            extensions: None,
        };
        components(document).add_security_scheme("mutualTLS", scheme);
        let certificate = SecurityRequirement::new::<_, _, String>("mutualTLS", []);
        document.security = Some(vec![certificate, SecurityRequirement::default()]);
    }
}

/// What queries refer to, which the handlers' annotations leave out.
struct ChoicesInQueries;

impl Modify for ChoicesInQueries {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let schemas = &mut components(document).schemas;
        schemas.insert("KeyFormat".into(), KeyFormat::schema());
        schemas.insert("KeySchemes".into(), KeySchemes::schema());
    }
}

/// A removal's result as two objects that `status` tells apart: generators of clients do not
/// understand what is put together of a reference and further fields.
struct ResultsByStatus;

impl Modify for ResultsByStatus {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let schemas = &mut components(document).schemas;
        let RefOr::T(Schema::Object(signed)) = SignedProposal::schema() else {
            return;
        };
        schemas.remove("SignedProposal");
        schemas.insert("SignedResult".into(), with_status(signed, "signed"));
        let refused = ObjectBuilder::new()
            .description(Some("Nothing was released."))
            .property("problem", Ref::from_schema_name("ProblemDetails"))
            .required("problem")
            .build();
        schemas.insert("RefusedResult".into(), with_status(refused, "refused"));
        let mut by_status = Discriminator::new("status");
        let mut result = OneOfBuilder::new().description(Some("What became of one removal."));
        for (status, name) in [("signed", "SignedResult"), ("refused", "RefusedResult")] {
            let place = Ref::from_schema_name(name);
            by_status
                .mapping
                .insert(status.into(), place.ref_location.clone());
            result = result.item(place);
        }
        let result = result.discriminator(Some(by_status)).build();
        schemas.insert("RemovalResult".into(), RefOr::T(Schema::OneOf(result)));
    }
}

fn with_status(mut object: Object, status: &str) -> RefOr<Schema> {
    let status = ObjectBuilder::new()
        .schema_type(utoipa::openapi::Type::String)
        .enum_values(Some([status]))
        .build();
    object.properties.insert("status".into(), status.into());
    object.required.push("status".into());
    RefOr::T(Schema::Object(object))
}

/// Every code of a problem, with the status that it comes with.
struct ProblemCodes;

impl Modify for ProblemCodes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let RefOr::T(Schema::Object(mut problem)) = ProblemDetails::schema() else {
            return;
        };
        let mut text = String::from("The stable code:\n\n");
        for kind in KINDS {
            text += &format!("- `{}` ({}): {}\n", kind.code, kind.status, kind.title);
        }
        let code = ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .description(Some(text))
            .examples(KINDS.iter().map(|kind| kind.code))
            .build();
        problem.properties.insert("code".into(), code.into());
        let schemas = &mut components(document).schemas;
        schemas.insert("ProblemDetails".into(), RefOr::T(Schema::Object(problem)));
    }
}

fn components(document: &mut utoipa::openapi::OpenApi) -> &mut Components {
    document.components.get_or_insert_default()
}

/// The document as JSON.
pub fn document() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}

pub async fn serve(_caller: Identified, query: MaybeQuery<NoQuery>) -> Result<Response, Problem> {
    query?;
    Ok(([(CONTENT_TYPE, "application/json")], document()).into_response())
}
