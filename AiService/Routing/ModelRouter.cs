using AiMesh.Ai.V1;
using AiMesh.AiService.Providers;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Grpc.Core;
using Policy = AiMesh.Ai.V1.CompleteRequest.Types.Policy;

namespace AiMesh.AiService.Routing;

/// <summary>Which models to try for a call, in order (I2).</summary>
internal sealed class ModelRouter(ModelCatalogue catalogue, ProviderHealth health)
{
    public const string Auto = "auto";

    /// <param name="model">A model's id, or "auto" or nothing to have one chosen.</param>
    public Result<IReadOnlyList<ModelDefinition>> Candidates(Principal principal, string model, Policy policy)
    {
        if (model is "" or Auto)
        {
            var allowed = Order(catalogue.AllowedFor(principal), policy).ToList();
            return allowed.Count > 0 ? allowed : new PermissionDenied("ai:use_local");
        }

        if (catalogue.Models.FirstOrDefault(candidate => candidate.Id == model) is not { } named)
            return new UnknownModel(model);
        return principal.Permissions.Allows(named.Permission) ? new[] { named } : new PermissionDenied(named.Permission);
    }

    /// <summary>Providers whose circuit is open come last: with nothing better they are still tried.</summary>
    private IEnumerable<ModelDefinition> Order(IEnumerable<ModelDefinition> models, Policy policy)
    {
        var byHealth = models.OrderBy(model => health.IsOpen(model.Provider));
        return policy switch
        {
            Policy.Cheapest => byHealth.ThenBy(Price).ThenByDescending(model => model.Quality),
            // The analyst answers in milliseconds; among remote models nothing is measured yet, and small ones are both cheap and fast.
            Policy.Fastest => byHealth.ThenByDescending(model => model.IsLocal).ThenBy(Price),
            // Balanced: quality for the money, where anything beats the analyst at free conversation.
            Policy.Balanced or Policy.Unspecified => byHealth.ThenByDescending(model => model.Quality / (1 + Price(model))),
            _ => byHealth.ThenByDescending(model => model.Quality).ThenBy(Price),
        };
    }

    private static decimal Price(ModelDefinition model) => model.Prices.Input + model.Prices.Output;
}

/// <summary>No provider serves such a model.</summary>
internal sealed record UnknownModel : MeshError
{
    public UnknownModel(string model)
        : base(StatusCode.NotFound, "UNKNOWN_MODEL", $"model: there is no model '{model}'. GET /api/ai/models lists those you may use.") =>
        Violations = [new FieldViolation("model", $"There is no model '{model}'.")];
}
