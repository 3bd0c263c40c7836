with membership as (
    select year_month, count(distinct person_id) as member_months
    from {{ ref('int_member_months') }}
    where {{ this_client_night() }}
    group by year_month
),

claim_lines as (
    select
        claim_id,
        {{ medical_year_month() }} as year_month,
        {{ service_category_rank() }} as category_rank
    from {{ ref('stg_medical_claim') }}
    where {{ this_client_night() }}
),

claims as (
    select claim_id, year_month, min(category_rank) as category_rank
    from claim_lines
    group by claim_id, year_month
),

claims_counted as (
    select
        year_month,
        {{ service_category_name('category_rank') }} as service_category,
        count(*) as claims
    from claims
    group by year_month, category_rank
),

categories as (
    select distinct service_category from claims_counted
),

-- As in pmpm: a month of membership without claims of a category reads as zero.
rows_of_mart as (
    select membership.year_month, coalesce(categories.service_category, 'unknown') as service_category
    from membership
    left join categories on 1 = 1

    union

    select year_month, service_category from claims_counted
)

select
    cast({{ client_id_var() }} as varchar) as client_id,
    {{ business_date_var() }} as business_date,
    cast(rows_of_mart.year_month as varchar) as year_month,
    cast(rows_of_mart.service_category as varchar) as service_category,
    cast(coalesce(membership.member_months, 0) as bigint) as member_months,
    cast(coalesce(claims_counted.claims, 0) as bigint) as claims,
    cast(
        cast(coalesce(claims_counted.claims, 0) * 1000 as numeric(18, 4)) / membership.member_months as numeric(18, 6)
    ) as claims_per_1000_member_months
from rows_of_mart
left join membership
    on rows_of_mart.year_month = membership.year_month
left join claims_counted
    on rows_of_mart.year_month = claims_counted.year_month
    and rows_of_mart.service_category = claims_counted.service_category
