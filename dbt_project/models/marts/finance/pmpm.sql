with membership as (
    select year_month, count(distinct person_id) as member_months
    from {{ ref('int_member_months') }}
    where {{ this_client_night() }}
    group by year_month
),

spend as (
    select
        year_month,
        claim_type,
        sum(coalesce(paid_amount, 0)) as paid_amount,
        sum(coalesce(allowed_amount, 0)) as allowed_amount
    from {{ ref('int_claim_spend') }}
    where {{ this_client_night() }}
    group by year_month, claim_type
),

claim_types as (
    select distinct claim_type from spend
),

-- Every month of membership with every claim type of the night, so that a month without spend reads
-- as zero; and every month of spend, with or without membership.
rows_of_mart as (
    select membership.year_month, coalesce(claim_types.claim_type, 'unknown') as claim_type
    from membership
    left join claim_types on 1 = 1

    union

    select year_month, claim_type from spend
)

select
    cast({{ client_id_var() }} as varchar) as client_id,
    {{ business_date_var() }} as business_date,
    cast(rows_of_mart.year_month as varchar) as year_month,
    cast(rows_of_mart.claim_type as varchar) as claim_type,
    cast(coalesce(membership.member_months, 0) as bigint) as member_months,
    cast(coalesce(spend.paid_amount, 0) as numeric(18, 4)) as paid_amount,
    cast(coalesce(spend.allowed_amount, 0) as numeric(18, 4)) as allowed_amount,
    -- No membership row is null member-months: the rate is null, not an error.
    cast(coalesce(spend.paid_amount, 0) / membership.member_months as numeric(18, 6)) as paid_pmpm
from rows_of_mart
left join membership
    on rows_of_mart.year_month = membership.year_month
left join spend
    on rows_of_mart.year_month = spend.year_month
    and rows_of_mart.claim_type = spend.claim_type
