namespace AiMesh.ServiceDefaults.Errors;

/// <summary>What is wrong with one field of a request.</summary>
/// <param name="Field">Its path in the request as the proto spells it, for example "item.fields.fund_name".</param>
/// <param name="Description">What it should have been, for people. Never the value itself where that may be secret.</param>
public sealed record FieldViolation(string Field, string Description);
