using System.Globalization;
using System.Text.Json;
using AiMesh.Data.V1;
using AiMesh.DataService.Datasets;
using AiMesh.ServiceDefaults.Anonymisation;
using AiMesh.ServiceDefaults.Policy;
using Mask = AiMesh.Data.V1.Field.Types.Mask;

namespace AiMesh.DataService.Protection;

/// <summary>Applies the masks of a definition to values.</summary>
internal static class FieldMasks
{
    /// <summary>Whether a mask knows what to do with values of the type.</summary>
    public static bool Fits(Mask mask, Field.Types.Type type) => mask switch
    {
        Mask.Unspecified or Mask.Null => true,
        Mask.Generalise => type is not (Field.Types.Type.Boolean or Field.Types.Type.StringList),
        _ => type == Field.Types.Type.String,
    };

    public static string Text(Field field, Mask mask, string text, Anonymiser anonymiser)
    {
        var method = mask switch
        {
            Mask.Partial => AnonymisationMethod.Mask,
            Mask.Hash => AnonymisationMethod.Hash,
            Mask.Generalise => AnonymisationMethod.Generalise,
            Mask.Pseudonym => AnonymisationMethod.Pseudonym,
            _ => throw new ArgumentOutOfRangeException(nameof(mask), mask, "Not a mask of texts."),
        };
        return field.PersonalKind == Field.Types.PersonalKind.FreeText
            ? anonymiser.ApplyToText(text, method)
            : anonymiser.Apply(text, KindOf(field.PersonalKind), method);
    }

    /// <summary>Writes the value as the mask leaves it, in the type of the field.</summary>
    public static void Write(Utf8JsonWriter writer, Field field, Mask mask, JsonElement value, Anonymiser anonymiser)
    {
        if (mask == Mask.Unspecified)
        {
            value.WriteTo(writer);
            return;
        }

        switch (field.Type.ToPolicy())
        {
            case PolicyType.WholeNumber:
                writer.WriteNumberValue(FirstDigit(value.GetInt64()));
                break;
            case PolicyType.Number:
                writer.WriteNumberValue(FirstDigit(value.GetDouble()));
                break;
            case PolicyType.Date:
                writer.WriteStringValue($"{value.GetString()![..4]}-01-01");
                break;
            case PolicyType.Timestamp:
                writer.WriteStringValue($"{value.GetString()![..7]}-01T00:00:00.000000Z");
                break;
            default:
                writer.WriteStringValue(Text(field, mask, value.GetString()!, anonymiser));
                break;
        }
    }

    private static long FirstDigit(long value)
    {
        var unit = 1L;
        while (value / unit is > 9 or < -9) unit *= 10;
        return value / unit * unit;
    }

    private static double FirstDigit(double value)
    {
        if (value == 0) return 0;
        var text = value.ToString("e16", CultureInfo.InvariantCulture);
        return double.Parse(text[..(value < 0 ? 2 : 1)] + text[text.IndexOf('e', StringComparison.Ordinal)..], CultureInfo.InvariantCulture);
    }

    private static PersonalKind KindOf(Field.Types.PersonalKind kind) => kind switch
    {
        Field.Types.PersonalKind.Email => PersonalKind.Email,
        Field.Types.PersonalKind.Phone => PersonalKind.Phone,
        Field.Types.PersonalKind.Name => PersonalKind.Name,
        Field.Types.PersonalKind.CardNumber => PersonalKind.CardNumber,
        Field.Types.PersonalKind.Iban => PersonalKind.Iban,
        Field.Types.PersonalKind.NationalId => PersonalKind.NationalId,
        Field.Types.PersonalKind.Address => PersonalKind.Address,
        Field.Types.PersonalKind.IpAddress => PersonalKind.IpAddress,
        _ => PersonalKind.Unknown,
    };
}
