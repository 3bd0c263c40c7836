with claim_lines as (
    select
        claim_id,
        person_id,
        {{ year_month('dispensing_date') }} as year_month,
        -- The NDC where there is one; else the code that the client sent.
        case
            when ndc_code is not null then 'ndc'
            when drug_code is not null then coalesce(drug_code_type, 'unknown')
            else 'unknown'
        end as drug_code_type,
        coalesce(ndc_code, drug_code, 'unknown') as drug_code,
        quantity,
        days_supply,
        paid_amount,
        allowed_amount
    from {{ ref('stg_pharmacy_claim') }}
    where {{ this_client_night() }}
)

select
    cast({{ client_id_var() }} as varchar) as client_id,
    {{ business_date_var() }} as business_date,
    cast(year_month as varchar) as year_month,
    cast(drug_code_type as varchar) as drug_code_type,
    cast(drug_code as varchar) as drug_code,
    cast(count(distinct claim_id) as bigint) as claims,
    cast(count(distinct person_id) as bigint) as members,
    cast(sum(coalesce(quantity, 0)) as numeric(18, 4)) as quantity,
    cast(sum(coalesce(days_supply, 0)) as bigint) as days_supply,
    cast(sum(coalesce(paid_amount, 0)) as numeric(18, 4)) as paid_amount,
    cast(sum(coalesce(allowed_amount, 0)) as numeric(18, 4)) as allowed_amount
from claim_lines
group by year_month, drug_code_type, drug_code
