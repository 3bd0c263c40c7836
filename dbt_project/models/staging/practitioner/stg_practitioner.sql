-- The roster comes as practitioners and, from some clients, their practices as rows of their own.
with ranked as (
    select
        *,
        row_number() over (
            partition by record_type, practitioner_id
            order by source_file, source_row
        ) as occurrence
    from {{ source('raw', 'practitioner') }}
    where {{ this_delivery('practitioner') }}
),

practitioners as (
    select * from ranked
    where record_type = 'practitioner' and occurrence = 1
),

practices as (
    select * from ranked
    where record_type = 'practice' and occurrence = 1
)

select
    practitioners.client_id,
    {{ business_date_var() }} as business_date,
    practitioners.delivery_id,
    practitioners.source_file,
    practitioners.source_row,
    practitioners.practitioner_id,
    practitioners.npi,
    practitioners.first_name,
    practitioners.last_name,
    practitioners.practice_id,
    coalesce(practitioners.practice_affiliation, practices.practice_affiliation) as practice_affiliation,
    practitioners.specialty,
    practitioners.sub_specialty,
    practitioners.data_source
from practitioners
left join practices
    on practitioners.practice_id = practices.practitioner_id
