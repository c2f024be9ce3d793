using AiMesh.ServiceDefaults.Policy;

namespace AiMesh.DataService.Stores;

/// <summary>
/// Stores order text by UTF-8 bytes, which is the order of code points, or by UTF-16 code units, which differs from it where surrogates meet U+E000 and above. Servers
/// that stand for a store do not always order as it does.
/// </summary>
internal static class TextOrder
{
    private const char OrderDiffers = '\uD800';

    /// <summary>Whether every text compares with this one alike in both orders.</summary>
    public static bool IsTheSameEverywhere(PolicyOperand operand) => operand is LiteralOperand { Value: string text } && !text.Any(static c => c >= OrderDiffers);

    public static bool IsOrder(ComparisonOperator op) => op is not (ComparisonOperator.Equal or ComparisonOperator.NotEqual);
}
