-- Claim headers and claim lines, together or as two files, become one row per claim line. A full join, so
-- that each row of RAW is read once and a claim of which only the header came stays.
with lines as (
    select * from {{ source('raw', 'medical_claim') }}
    where {{ this_delivery('medical_claim') }} and record_type = 'line'
),

headers_ranked as (
    select
        *,
        row_number() over (
            partition by claim_id
            order by claim_line_number, source_file, source_row
        ) as occurrence
    from {{ source('raw', 'medical_claim') }}
    where {{ this_delivery('medical_claim') }} and record_type = 'header'
),

headers as (
    select * from headers_ranked
    where occurrence = 1
)

-- What is said of the claim: the line's, else the header's.
-- What is said of the line (amounts, units, procedures): the line's, even if empty; a header has the totals.
-- Diagnoses: all from the line if it has a principal one, else all from the header.
select
    coalesce(lines.client_id, headers.client_id) as client_id,
    {{ business_date_var() }} as business_date,
    coalesce(lines.delivery_id, headers.delivery_id) as delivery_id,
    coalesce(lines.source_file, headers.source_file) as source_file,
    coalesce(lines.source_row, headers.source_row) as source_row,
    coalesce(lines.record_type, headers.record_type) as record_type,
    coalesce(lines.claim_id, headers.claim_id) as claim_id,
    coalesce(lines.claim_line_number, headers.claim_line_number) as claim_line_number,
    coalesce(lines.claim_type, headers.claim_type) as claim_type,
    coalesce(lines.person_id, headers.person_id) as person_id,
    coalesce(lines.member_id, headers.member_id) as member_id,
    coalesce(lines.payer, headers.payer) as payer,
    coalesce(lines.plan, headers.plan) as plan,
    coalesce(lines.claim_start_date, headers.claim_start_date) as claim_start_date,
    coalesce(lines.claim_end_date, headers.claim_end_date) as claim_end_date,
    case when lines.claim_id is null then headers.claim_line_start_date else lines.claim_line_start_date end as claim_line_start_date,
    case when lines.claim_id is null then headers.claim_line_end_date else lines.claim_line_end_date end as claim_line_end_date,
    coalesce(lines.admission_date, headers.admission_date) as admission_date,
    coalesce(lines.discharge_date, headers.discharge_date) as discharge_date,
    coalesce(lines.discharge_disposition_code, headers.discharge_disposition_code) as discharge_disposition_code,
    coalesce(lines.place_of_service_code, headers.place_of_service_code) as place_of_service_code,
    coalesce(lines.bill_type_code, headers.bill_type_code) as bill_type_code,
    coalesce(lines.drg_code, headers.drg_code) as drg_code,
    case when lines.claim_id is null then headers.revenue_center_code else lines.revenue_center_code end as revenue_center_code,
    case when lines.claim_id is null then headers.service_unit_quantity else lines.service_unit_quantity end as service_unit_quantity,
    case when lines.claim_id is null then headers.hcpcs_code else lines.hcpcs_code end as hcpcs_code,
    case when lines.claim_id is null then headers.hcpcs_modifier_1 else lines.hcpcs_modifier_1 end as hcpcs_modifier_1,
    case when lines.claim_id is null then headers.hcpcs_modifier_2 else lines.hcpcs_modifier_2 end as hcpcs_modifier_2,
    coalesce(lines.rendering_npi, headers.rendering_npi) as rendering_npi,
    coalesce(lines.billing_npi, headers.billing_npi) as billing_npi,
    coalesce(lines.facility_npi, headers.facility_npi) as facility_npi,
    coalesce(lines.paid_date, headers.paid_date) as paid_date,
    case when lines.claim_id is null then headers.paid_amount else lines.paid_amount end as paid_amount,
    case when lines.claim_id is null then headers.allowed_amount else lines.allowed_amount end as allowed_amount,
    case when lines.claim_id is null then headers.charge_amount else lines.charge_amount end as charge_amount,
    case when lines.claim_id is null then headers.coinsurance_amount else lines.coinsurance_amount end as coinsurance_amount,
    case when lines.claim_id is null then headers.copayment_amount else lines.copayment_amount end as copayment_amount,
    case when lines.claim_id is null then headers.deductible_amount else lines.deductible_amount end as deductible_amount,
    case when lines.diagnosis_code_1 is null then headers.diagnosis_code_type else lines.diagnosis_code_type end as diagnosis_code_type,
    case when lines.diagnosis_code_1 is null then headers.diagnosis_code_1 else lines.diagnosis_code_1 end as diagnosis_code_1,
    case when lines.diagnosis_code_1 is null then headers.diagnosis_code_2 else lines.diagnosis_code_2 end as diagnosis_code_2,
    case when lines.diagnosis_code_1 is null then headers.diagnosis_code_3 else lines.diagnosis_code_3 end as diagnosis_code_3,
    case when lines.diagnosis_code_1 is null then headers.diagnosis_code_4 else lines.diagnosis_code_4 end as diagnosis_code_4,
    case when lines.diagnosis_code_1 is null then headers.diagnosis_code_5 else lines.diagnosis_code_5 end as diagnosis_code_5,
    coalesce(lines.data_source, headers.data_source) as data_source
from lines
full join headers
    on lines.claim_id = headers.claim_id
