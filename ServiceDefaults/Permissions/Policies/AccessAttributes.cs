using System.Collections.Immutable;
using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.ServiceDefaults.Permissions.Policies;

/// <summary>The names that conditions of policies may use, what they hold, and how they are read of a call. Absent is what is not known.</summary>
public static class AccessAttributes
{
    /// <summary>The prefix of what changes from call to call.</summary>
    internal const string ContextPrefix = "context.";

    private static readonly ImmutableArray<string> Weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

    private static readonly ImmutableArray<Definition> Definitions =
    [
        new("user.roles", PolicyType.TextList, static (request, _) => request.Principal.Roles),
        new("user.kind", PolicyType.Text, static (request, _) => NameOf(request.Principal.Kind)) { Choices = ["user", "api_key", "client"] },
        new("user.tier", PolicyType.Text, static (request, _) => NameOf(request.Principal.Tier)) { Choices = ["FREE", "STARTER", "PROFESSIONAL", "ENTERPRISE"] },
        new("resource.type", PolicyType.Text, static (request, _) => AccessResource.TypeOf(request.Permission)) { Choices = ["dataset", "device"] },
        new("resource.name", PolicyType.Text, static (request, _) => AccessResource.NameOf(request.Permission)),

        // Nobody reaches a resource of another organisation, so a resource's is always the caller's.
        new("resource.organisation", PolicyType.Text, static (request, _) => request.Principal.Organisation),
        new("action", PolicyType.Text, static (request, _) => request.Permission),
        new("context.time", PolicyType.TimeOfDay, static (request, zone) => CanonicalTime.TimeOfDay(TimeOnly.FromDateTime(Local(request, zone)))),
        new("context.weekday", PolicyType.Text, static (request, zone) => Weekdays[((int)Local(request, zone).DayOfWeek + 6) % 7]) { Choices = Weekdays },
        new("context.date", PolicyType.Date, static (request, zone) => CanonicalTime.Date(DateOnly.FromDateTime(Local(request, zone)))),
        new("context.address", PolicyType.Address, static (request, _) => request.Address),
        new("context.authentication_age", PolicyType.WholeNumber, static (request, _) => AuthenticationAge(request)),
    ];

    /// <summary>What conditions are checked against when they are written.</summary>
    public static PolicySchema Schema { get; } = PolicySchema.ForCall(
        Definitions.Select(static definition => KeyValuePair.Create(definition.Name, definition.Type)),
        Definitions.Where(static definition => !definition.Choices.IsEmpty).Select(static definition => KeyValuePair.Create(definition.Name, definition.Choices)));

    /// <summary>What reads the value of an operand; times are those of the zone.</summary>
    internal static Func<AccessRequest, object?> Reader(PolicyOperand operand, TimeZoneInfo zone) => operand switch
    {
        AttributeOperand { Source: AttributeSource.UserId } => static request => NullIfEmpty(request.Principal.Subject),
        AttributeOperand { Source: AttributeSource.UserOrganisation } => static request => NullIfEmpty(request.Principal.Organisation),
        AttributeOperand { Source: AttributeSource.UserAttribute, Key: var key } => request => request.Principal.Attributes.GetValueOrDefault(key),
        FieldOperand field => ReaderOf(Definitions.First(definition => definition.Name == field.Name), zone),
        _ => throw new ArgumentOutOfRangeException(nameof(operand), operand, "Not a name of a call."),
    };

    private static Func<AccessRequest, object?> ReaderOf(Definition definition, TimeZoneInfo zone) => request => definition.Read(request, zone);

    private static DateTime Local(AccessRequest request, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(request.Now, zone).DateTime;

    private static long? AuthenticationAge(AccessRequest request) =>
        request.Principal.AuthenticatedAt is { } moment ? Math.Max(0, (request.Now - moment).Ticks / TimeSpan.TicksPerSecond) : null;

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static string? NameOf(PrincipalKind kind) => kind switch
    {
        PrincipalKind.User => "user",
        PrincipalKind.ApiKey => "api_key",
        PrincipalKind.Client => "client",
        _ => null,
    };

    private static string? NameOf(Tier tier) => tier switch
    {
        Tier.Free => "FREE",
        Tier.Starter => "STARTER",
        Tier.Professional => "PROFESSIONAL",
        Tier.Enterprise => "ENTERPRISE",
        _ => null,
    };

    private sealed record Definition(string Name, PolicyType Type, Func<AccessRequest, TimeZoneInfo, object?> Read)
    {
        public ImmutableArray<string> Choices { get; init; } = [];
    }
}
