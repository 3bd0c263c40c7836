with roster as (
    select practitioner_id, npi, specialty, practice_affiliation
    from {{ ref('stg_practitioner') }}
    where {{ this_client_night() }}
),

-- Each id by which another feed may name a practitioner; a join on `npi or practitioner_id` would
-- compare every practitioner with every claim.
names_of_practitioners as (
    select practitioner_id, practitioner_id as provider from roster
    union
    select practitioner_id, npi as provider from roster
    where npi is not null
),

attribution as (
    select person_id, payer_attributed_provider as provider
    from {{ ref('stg_provider_attribution') }}
    where {{ this_client_night() }}
),

attributed as (
    select
        names_of_practitioners.practitioner_id,
        count(distinct attribution.person_id) as attributed_members
    from attribution
    inner join names_of_practitioners
        on attribution.provider = names_of_practitioners.provider
    group by names_of_practitioners.practitioner_id
),

medical_claims as (
    select claim_id, rendering_npi, billing_npi, facility_npi
    from {{ ref('stg_medical_claim') }}
    where {{ this_client_night() }}
),

providers_of_claims as (
    select claim_id, rendering_npi as provider from medical_claims
    union
    select claim_id, billing_npi as provider from medical_claims
    union
    select claim_id, facility_npi as provider from medical_claims
),

claimed as (
    select
        names_of_practitioners.practitioner_id,
        count(distinct providers_of_claims.claim_id) as claims
    from providers_of_claims
    inner join names_of_practitioners
        on providers_of_claims.provider = names_of_practitioners.provider
    group by names_of_practitioners.practitioner_id
)

select
    cast({{ client_id_var() }} as varchar) as client_id,
    {{ business_date_var() }} as business_date,
    cast(roster.practitioner_id as varchar) as practitioner_id,
    cast(roster.npi as varchar) as npi,
    cast(roster.specialty as varchar) as specialty,
    cast(roster.practice_affiliation as varchar) as practice_affiliation,
    cast(coalesce(attributed.attributed_members, 0) as bigint) as attributed_members,
    cast(coalesce(claimed.claims, 0) as bigint) as claims
from roster
left join attributed
    on roster.practitioner_id = attributed.practitioner_id
left join claimed
    on roster.practitioner_id = claimed.practitioner_id
