"""Message texts of the demo accounts, by kind and language. Each language has at least two texts of a kind."""

# ruff: noqa: RUF001  Greek and Cyrillic letters are meant as such
# {code} six digits, {order} a number, {amount} money, {hour} a time of day, {brand} and {site} the account's.
LOGIN_TEXTS = {
    "en": (
        "Your verification code is {code}",
        "{code} is your {brand} code. Don't share it with anyone.",
        "[{brand}] {code} is your login code. It expires in 10 minutes.",
    ),
    "de": (
        "Ihr Bestätigungscode lautet {code}",
        "{brand}: Ihr Code ist {code}. Bitte geben Sie ihn niemandem weiter. Gültig für 10 Minuten.",
    ),
    "es": (
        "Tu código de verificación es {code}",
        "{code} es tu clave de {brand}. No la compartas con nadie.",
    ),
    "fr": (
        "Votre code de vérification est {code}",
        "{brand} : {code} est votre code. Il expire dans 10 minutes, ne le partagez à personne.",
    ),
    "it": ("Il tuo codice di verifica è {code}", "{brand}: {code} è il tuo codice. Non condividerlo."),
    "pt": (
        "Seu código de verificação é {code}",
        "{code} e a sua senha {brand}. Valida por 10 minutos.",
    ),
    "pl": ("Twój kod weryfikacyjny: {code}", "{brand}: kod {code}. Nie podawaj go nikomu."),
    "tr": ("Doğrulama kodunuz: {code}", "{brand} giriş şifreniz {code}. Kimseyle paylaşmayınız."),
    "el": ("Ο κωδικός επαλήθευσης είναι {code}", "{brand}: {code} είναι ο κωδικός σας. Ισχύει για 10 λεπτά."),
    "ru": ("Код подтверждения: {code}", "{brand}: ваш код {code}. Никому его не сообщайте."),
    "ar": ("رمز التحقق الخاص بك هو {code}", "{brand}: رمز الدخول {code}. لا تشاركه مع أي شخص."),
}
NOTICE_TEXTS = {
    "en": (
        "Order #{order} is on its way and arrives today by {hour}. Track it: https://{site}/t/{order}",
        "{brand}: a payment of €{amount} was made with your card at {hour}. Not you? Call us at once.",
        "Your appointment is confirmed for tomorrow at {hour}. Please arrive ten minutes early and bring a "
        "photo ID. To change or cancel it, reply C four hours before, or visit https://{site}/a/{order}",
        "Planned maintenance: from {hour} on, for two hours, payments and transfers may be slow or fail.\n"
        "What you should know:\n- money already sent is safe and will arrive,\n- cards work as usual,\n"
        '- the app may say "try again later".\nNothing needs to be done on your side. If a payment is still '
        "missing tomorrow, quote reference {order} when you write to us at https://{site}/help. Thank you!",
        "Your parcel {order} is here 📦 Pick it up until {hour}.",
    ),
    "de": (
        "Ihre Bestellung {order} wird heute bis {hour} Uhr zugestellt. Verfolgen: https://{site}/t/{order}",
        "{brand}: Zahlung über {amount} € um {hour} Uhr freigegeben. Nicht von Ihnen? Rufen Sie uns an.",
        "Erinnerung: Ihr Termin ist morgen um {hour} Uhr. Bitte kommen Sie zehn Minuten früher und bringen "
        "Sie Ihre Unterlagen mit. Absagen oder verschieben bis heute Abend unter https://{site}/a/{order}",
    ),
    "es": (
        "Tu pedido {order} llega hoy antes de las {hour}. Sigue el envio: https://{site}/t/{order}",
        "{brand}: pago de {amount} € con tu tarjeta a las {hour}. ¿No has sido tú? Llámanos enseguida.",
    ),
    "fr": (
        "Votre commande {order} arrive aujourd'hui avant {hour}. Suivi : https://{site}/t/{order}",
        "{brand} : paiement de {amount} € à {hour}. Ce n'était pas vous ? Appelez-nous tout de suite.",
    ),
    "it": (
        "Il tuo ordine {order} arriva oggi entro le {hour}. Segui: https://{site}/t/{order}",
        "{brand}: pagamento di {amount} € alle {hour}. Non sei stato tu? Chiamaci subito.",
    ),
    "pt": (
        "O seu pedido {order} chega hoje ate as {hour}. Acompanhe: https://{site}/t/{order}",
        "{brand}: pagamento de {amount} aprovado às {hour}. Não foi você? Ligue já para nós.",
    ),
    "pl": (
        "Zamówienie {order} dotrze dziś do godziny {hour}. Śledź: https://{site}/t/{order}",
        "{brand}: platnosc {amount} o godz. {hour}. To nie Ty? Zadzwon do nas.",
    ),
    "tr": (
        "{order} numaralı siparişiniz bugün saat {hour} öncesinde teslim edilecek. Takip: https://{site}/t/{order}",
        "{brand}: saat {hour} itibariyla {amount} tutarinda odeme yapildi.",
    ),
    "el": (
        "Η παραγγελία {order} φτάνει σήμερα έως τις {hour}. Παρακολούθηση: https://{site}/t/{order}",
        "{brand}: πληρωμή {amount} € στις {hour}. Αν δεν ήσασταν εσείς, καλέστε μας αμέσως.",
    ),
    "ru": (
        "Заказ {order} доставят сегодня до {hour}. Отследить: https://{site}/t/{order}",
        "{brand}: с вашей карты списано {amount} в {hour}. Если это были не вы, сразу позвоните нам "
        "по номеру на обороте карты или заблокируйте её в приложении. Мы никогда не просим назвать код.",
    ),
    "ar": (
        "طلبك رقم {order} سيصل اليوم قبل الساعة {hour}. تتبع: https://{site}/t/{order}",
        "{brand}: تم دفع مبلغ {amount} من بطاقتك في الساعة {hour}. إذا لم تكن أنت، اتصل بنا فورا.",
    ),
}
CAMPAIGN_TEXTS = {
    "en": (
        "50% off today! Only until midnight: https://{site}/sale",
        "+15% bonus on your next deposit ✨ https://{site}/bonus Reply STOP to opt out",
        "We miss you at {brand}! Come back this week and your first order ships free: pick anything from "
        "the new season, no minimum. Code {code} at https://{site}/back. Reply STOP to opt out",
    ),
    "de": (
        "Nur heute 50 % Rabatt auf alles: https://{site}/sale Abmelden mit STOP",
        "🎁 Überraschung! Ihr Gutschein {code} wartet: https://{site}/bonus",
    ),
    "es": (
        "¡Solo hoy 50% de descuento! 🔥 https://{site}/sale",
        "Tu regalo de {brand}: https://{site}/bonus",
    ),
    "fr": (
        "-50% aujourd'hui seulement : https://{site}/sale STOP au 36111",
        "Ça va être bien 😊 https://{site}/bonus",
    ),
    "it": (
        "Solo oggi -50% su tutto: https://{site}/sale",
        "Un regalo per te 🎉 Codice {code}: https://{site}/bonus",
    ),
    "pt": (
        "Só hoje: 50% de desconto! https://{site}/sale",
        "Ganhe bônus no próximo depósito 💰 https://{site}/bonus",
    ),
    "pl": ("Tylko dziś -50% na wszystko! https://{site}/sale", "Prezent od {brand}: https://{site}/bonus"),
    "tr": ("Sadece bugün %50 indirim! 🛍️ https://{site}/sale", "Yeni üyelere hediye: https://{site}/bonus"),
    "el": (
        "Μόνο σήμερα -50% σε όλα! https://{site}/sale",
        "Ένα δώρο από την {brand} 🎁 https://{site}/bonus",
    ),
    "ru": (
        "Только сегодня скидка 50%! https://{site}/sale",
        "Бонус к пополнению ждёт вас 🎁 https://{site}/bonus",
    ),
    "ar": ("خصم 50% اليوم فقط! https://{site}/sale", "هدية خاصة لك من {brand} 🎁 https://{site}/bonus"),
}
CAMPAIGN_NAMES = ("Flash Sale", "Weekend Offer", "Welcome Back", "Loyalty Bonus", "New Season", "Payday Deal")
