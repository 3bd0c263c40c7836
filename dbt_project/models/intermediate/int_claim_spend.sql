with medical as (
    select
        claim_id,
        claim_line_number,
        coalesce(claim_type, 'undetermined') as claim_type,
        person_id,
        {{ medical_year_month() }} as year_month,
        paid_amount,
        allowed_amount
    from {{ ref('stg_medical_claim') }}
    where {{ this_client_night() }}
),

pharmacy as (
    select
        claim_id,
        claim_line_number,
        'pharmacy' as claim_type,
        person_id,
        {{ year_month('dispensing_date') }} as year_month,
        paid_amount,
        allowed_amount
    from {{ ref('stg_pharmacy_claim') }}
    where {{ this_client_night() }}
),

claim_lines as (
    select * from medical
    union all
    select * from pharmacy
)

select
    cast({{ client_id_var() }} as varchar) as client_id,
    {{ business_date_var() }} as business_date,
    claim_id,
    claim_line_number,
    cast(claim_type as varchar) as claim_type,
    person_id,
    year_month,
    paid_amount,
    allowed_amount
from claim_lines
