using AiMesh.ServiceDefaults.Identity;

namespace AiMesh.AiService.Routing;

/// <summary>What a call needs of a model.</summary>
/// <param name="Caller">Whose permissions decide.</param>
/// <param name="Model">"provider/model", "model", or "auto" or empty for any.</param>
/// <param name="Policy">Null: as configured.</param>
/// <param name="InputTokens">About how long the input is; 0 where it is cut to the model's measure.</param>
/// <param name="OutputTokens">Most tokens of answer.</param>
/// <param name="InputField">Field of the request that is to blame when no context is long enough.</param>
internal sealed record RouteRequest(Principal Caller, string Model, RoutingPolicy? Policy, long InputTokens, int OutputTokens, string InputField);
